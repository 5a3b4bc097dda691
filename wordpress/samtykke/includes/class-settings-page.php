<?php
/**
 * Settings, Samtykke.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

/**
 * Address of the service, service user, keys, and a button that tries them.
 */
final class Settings_Page {

	const PAGE = 'samtykke';

	/**
	 * Registers page and buttons.
	 */
	public static function register() {
		add_action( 'admin_menu', array( self::class, 'add' ) );
		add_action( 'admin_init', array( self::class, 'register_setting' ) );
		add_action( 'admin_post_samtykke_key', array( self::class, 'save_key' ) );
		add_action( 'admin_post_samtykke_test', array( self::class, 'test' ) );
		add_filter( 'plugin_action_links_' . plugin_basename( SAMTYKKE_FILE ), array( self::class, 'add_link' ) );
	}

	/**
	 * Adds the page to the menu.
	 */
	public static function add() {
		add_options_page( 'Samtykke', 'Samtykke', 'manage_options', self::PAGE, array( self::class, 'show' ) );
	}

	/**
	 * Adds a link to the list of plugins.
	 *
	 * @param string[] $links Those before.
	 */
	public static function add_link( $links ): array {
		return array_merge( array( sprintf( '<a href="%s">%s</a>', esc_url( self::url() ), esc_html__( 'Settings', 'samtykke' ) ) ), (array) $links );
	}

	/**
	 * Lets WordPress store the setting.
	 */
	public static function register_setting() {
		register_setting( self::PAGE, Settings::OPTION, array( 'sanitize_callback' => array( self::class, 'clean' ) ) );
	}

	/**
	 * Takes what can be right; what cannot is told, and what was there stays.
	 *
	 * @param mixed $given From the form.
	 */
	public static function clean( $given ): array {
		$kept    = (array) get_option( Settings::OPTION, array() );
		$service = untrailingslashit( esc_url_raw( trim( (string) ( $given['service'] ?? '' ) ), array( 'https', 'http' ) ) );
		$user    = sanitize_user( (string) ( $given['user'] ?? '' ) );
		if ( $service && ! self::is_safe( $service ) ) {
			add_settings_error( self::PAGE, 'service', __( 'The address must begin with https://', 'samtykke' ) );
			$service = (string) ( $kept['service'] ?? '' );
		}
		if ( $user && ! get_user_by( 'login', $user ) ) {
			add_settings_error( self::PAGE, 'user', __( 'There is no user with this name.', 'samtykke' ) );
			$user = (string) ( $kept['user'] ?? '' );
		}
		return compact( 'service', 'user' );
	}

	/**
	 * Stores a new key, or forgets one.
	 */
	public static function save_key() {
		self::demand( 'samtykke_key' );
		$keys = Keys::all();
		// phpcs:disable WordPress.Security.NonceVerification.Missing -- demand() has verified it.
		$forget = sanitize_key( wp_unslash( $_POST['forget'] ?? '' ) );
		$id     = sanitize_key( wp_unslash( $_POST['key'] ?? '' ) );
		$secret = trim( sanitize_text_field( wp_unslash( $_POST['secret'] ?? '' ) ) );
		// phpcs:enable
		if ( $forget ) {
			unset( $keys[ $forget ] );
		} elseif ( '' === $id || strlen( $secret ) < Keys::SHORTEST ) {
			self::back( 'short' );
			return;
		} else {
			unset( $keys[ $id ] );
			$keys[ $id ] = $secret;
		}
		Keys::store( $keys );
		self::back( 'saved' );
	}

	/**
	 * Tries the connection.
	 */
	public static function test() {
		self::demand( 'samtykke_test' );
		$answer = Service::ask( '/webhooks/wordpress/ping', array() );
		self::back( is_wp_error( $answer ) ? (string) $answer->get_error_code() : 'works' );
	}

	/**
	 * Prints the page.
	 */
	public static function show() {
		if ( ! current_user_can( 'manage_options' ) ) {
			return;
		}
		echo '<div class="wrap"><h1>Samtykke</h1>';
		self::show_result();
		echo '<h2>' . esc_html__( 'Connection', 'samtykke' ) . '</h2>';
		self::show_connection();
		echo '<h2>' . esc_html__( 'Keys', 'samtykke' ) . '</h2>';
		self::show_keys();
		echo '<h2>' . esc_html__( 'Test', 'samtykke' ) . '</h2>';
		self::show_test();
		echo '</div>';
	}

	/**
	 * Address and user.
	 */
	private static function show_connection() {
		echo '<form method="post" action="options.php">';
		settings_fields( self::PAGE );
		echo '<table class="form-table" role="presentation">';
		self::show_field( 'service', __( 'Address of the service', 'samtykke' ), 'url', Settings::service(), defined( 'SAMTYKKE_SERVICE' ), __( 'Like https://samtykke.example. Nothing is sent anywhere before this is filled in.', 'samtykke' ) );
		self::show_field( 'user', __( 'Service user', 'samtykke' ), 'text', Settings::user(), defined( 'SAMTYKKE_USER' ), __( 'Login name of the administrator that the service acts as. Make one for this alone.', 'samtykke' ) );
		echo '</table>';
		submit_button();
		echo '</form>';
	}

	/**
	 * One row of the form.
	 *
	 * @param string $name  Of the setting.
	 * @param string $label Beside it.
	 * @param string $type  Of the input.
	 * @param string $value What it is now.
	 * @param bool   $fixed Whether it is written in wp-config.php.
	 * @param string $help  Below it.
	 */
	private static function show_field( string $name, string $label, string $type, string $value, bool $fixed, string $help ) {
		printf( '<tr><th scope="row"><label for="samtykke-%s">%s</label></th><td>', esc_attr( $name ), esc_html( $label ) );
		printf( '<input class="regular-text code" id="samtykke-%1$s" type="%2$s" name="%3$s[%1$s]" value="%4$s" aria-describedby="samtykke-%1$s-help"%5$s>', esc_attr( $name ), esc_attr( $type ), esc_attr( Settings::OPTION ), esc_attr( $value ), disabled( $fixed, true, false ) );
		printf( '<p class="description" id="samtykke-%s-help">%s</p></td></tr>', esc_attr( $name ), esc_html( $fixed ? __( 'Written in wp-config.php.', 'samtykke' ) : $help ) );
	}

	/**
	 * Which keys there are; never what they are.
	 */
	private static function show_keys() {
		echo '<p>' . esc_html__( 'Two keys can live beside each other. To replace one: add the new one here and at the service, then remove the old one.', 'samtykke' ) . '</p>';
		foreach ( array_keys( Keys::all() ) as $id ) {
			self::show_key( (string) $id );
		}
		if ( Keys::fixed() ) {
			echo '<p>' . esc_html__( 'Written in wp-config.php.', 'samtykke' ) . '</p>';
			return;
		}
		self::open_form( 'samtykke_key' );
		printf( '<p><label>%s <input class="code" name="key" required autocomplete="off"></label> ', esc_html__( 'Key id', 'samtykke' ) );
		printf( '<label>%s <input class="regular-text code" type="password" name="secret" minlength="%d" required autocomplete="new-password"></label></p>', esc_html__( 'Secret', 'samtykke' ), (int) Keys::SHORTEST );
		submit_button( __( 'Add key', 'samtykke' ), 'secondary' );
		echo '</form>';
	}

	/**
	 * One key, with a button that forgets it.
	 *
	 * @param string $id Key id.
	 */
	private static function show_key( string $id ) {
		if ( Keys::fixed() ) {
			printf( '<p><code>%s</code></p>', esc_html( $id ) );
			return;
		}
		self::open_form( 'samtykke_key' );
		/* translators: %s: the id of a key. */
		$label = sprintf( __( 'Remove key %s', 'samtykke' ), $id );
		printf( '<p><code>%1$s</code> <button class="button-link-delete" name="forget" value="%2$s">%3$s</button></p></form>', esc_html( $id ), esc_attr( $id ), esc_html( $label ) );
	}

	/**
	 * The button, and when the service was here last.
	 */
	private static function show_test() {
		$seen = (int) get_option( Settings::SEEN, 0 );
		/* translators: %s: a length of time, like "5 minutes". */
		$text = $seen ? sprintf( __( 'The service was here %s ago.', 'samtykke' ), human_time_diff( $seen ) ) : __( 'The service has not been here yet.', 'samtykke' );
		echo '<p>' . esc_html( $text ) . '</p>';
		self::open_form( 'samtykke_test' );
		submit_button( __( 'Test the connection', 'samtykke' ), 'secondary' );
		echo '</form>';
	}

	/**
	 * How the last button ended.
	 */
	private static function show_result() {
		// phpcs:ignore WordPress.Security.NonceVerification.Recommended -- it only chooses one of our own sentences.
		$code  = sanitize_key( wp_unslash( $_GET['samtykke'] ?? '' ) );
		$texts = self::results();
		if ( isset( $texts[ $code ] ) ) {
			$kind = in_array( $code, array( 'works', 'saved' ), true ) ? 'success' : 'error';
			printf( '<div class="notice notice-%s" role="status"><p>%s</p></div>', esc_attr( $kind ), esc_html( $texts[ $code ] ) );
		}
	}

	/**
	 * What each result means, and what to do.
	 *
	 * @return array<string, string>
	 */
	private static function results(): array {
		return array(
			'works'         => __( 'It works: the service answers and accepts our key.', 'samtykke' ),
			'saved'         => __( 'Saved.', 'samtykke' ),
			'short'         => __( 'A key needs an id, and a secret of at least 32 characters.', 'samtykke' ),
			'not_connected' => __( 'Fill in the address of the service and a key first.', 'samtykke' ),
			'unreachable'   => __( 'The service did not answer. Check its address, and that this server may call it.', 'samtykke' ),
			'not_there'     => __( 'The service answers, but is too old to be tested from here. Forms work all the same.', 'samtykke' ),
			'refused'       => __( 'The service does not accept our key. Compare key id and secret on both sides.', 'samtykke' ),
			'failed'        => __( 'The service answered with an error. Its staff pages say more.', 'samtykke' ),
		);
	}

	/**
	 * Begins a form whose button does one thing.
	 *
	 * @param string $action What it does.
	 */
	private static function open_form( string $action ) {
		printf( '<form method="post" action="%s"><input type="hidden" name="action" value="%s">', esc_url( admin_url( 'admin-post.php' ) ), esc_attr( $action ) );
		wp_nonce_field( $action );
	}

	/**
	 * Ends the request unless an administrator pressed the button.
	 *
	 * @param string $action What the button does.
	 */
	private static function demand( string $action ) {
		if ( ! current_user_can( 'manage_options' ) ) {
			wp_die( esc_html__( 'You are not allowed to do this.', 'samtykke' ), 403 );
		}
		check_admin_referer( $action );
	}

	/**
	 * Back to the page with a result.
	 *
	 * @param string $code One of `results`.
	 */
	private static function back( string $code ) {
		wp_safe_redirect( add_query_arg( 'samtykke', $code, self::url() ) );
		exit;
	}

	/**
	 * Address of the page.
	 */
	private static function url(): string {
		return admin_url( 'options-general.php?page=' . self::PAGE );
	}

	/**
	 * Is it https, or this very machine?
	 *
	 * @param string $url An address.
	 */
	private static function is_safe( string $url ): bool {
		$local = in_array( wp_parse_url( $url, PHP_URL_HOST ), array( '127.0.0.1', 'localhost' ), true );
		return 'https' === wp_parse_url( $url, PHP_URL_SCHEME ) || $local;
	}
}
