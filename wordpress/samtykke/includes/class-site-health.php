<?php
/**
 * Tools, Site Health.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

/**
 * Says what is missing before the service can do its work here.
 */
final class Site_Health {

	/**
	 * Registers the test.
	 */
	public static function register() {
		add_filter( 'site_status_tests', array( self::class, 'add' ) );
	}

	/**
	 * Adds it to the others.
	 *
	 * @param array $tests Those before.
	 */
	public static function add( $tests ): array {
		$tests['direct']['samtykke'] = array(
			'label' => __( 'Connection to Samtykke', 'samtykke' ),
			'test'  => array( self::class, 'test' ),
		);
		return $tests;
	}

	/**
	 * The test.
	 */
	public static function test(): array {
		$wrong = self::wrong();
		$text  = $wrong ? $wrong : array( __( 'Requests about personal data that reach Samtykke are carried out here too.', 'samtykke' ) );
		return array(
			'label'       => $wrong ? __( 'Samtykke cannot do its work here yet', 'samtykke' ) : __( 'Samtykke is connected', 'samtykke' ),
			'status'      => $wrong ? 'recommended' : 'good',
			'badge'       => array(
				'label' => __( 'Privacy', 'samtykke' ),
				'color' => 'blue',
			),
			'description' => '<p>' . implode( '</p><p>', array_map( 'esc_html', $text ) ) . '</p>',
			'actions'     => sprintf( '<a href="%s">%s</a>', esc_url( admin_url( 'options-general.php?page=' . Settings_Page::PAGE ) ), esc_html__( 'Settings', 'samtykke' ) ),
			'test'        => 'samtykke',
		);
	}

	/**
	 * What is missing, a sentence each.
	 *
	 * @return string[]
	 */
	private static function wrong(): array {
		$user  = Settings::service_user();
		$wrong = array();
		if ( ! Settings::service() ) {
			$wrong[] = __( 'The address of the service is not filled in.', 'samtykke' );
		}
		if ( ! Keys::all() ) {
			$wrong[] = __( 'There is no key, or it can no longer be read because the salts in wp-config.php have changed: add it again.', 'samtykke' );
		}
		if ( ! $user ) {
			$wrong[] = __( 'There is no service user.', 'samtykke' );
		} elseif ( Gate::missing_rights( $user ) ) {
			/* translators: %s: names of rights, like delete_users. */
			$wrong[] = sprintf( __( 'The service user lacks these rights: %s', 'samtykke' ), implode( ', ', Gate::missing_rights( $user ) ) );
		}
		if ( ! wp_is_using_https() && 'local' !== wp_get_environment_type() ) {
			$wrong[] = __( 'This site does not use https, so personal data would travel unprotected.', 'samtykke' );
		}
		return $wrong;
	}
}
