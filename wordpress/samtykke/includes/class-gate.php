<?php
/**
 * Who may come in.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

/**
 * Verifies a call and becomes the service user for it.
 *
 * Everything travels in fields of a form, for hosts strip headers and log addresses: `key`, `at`, `nonce`, `body` (JSON)
 * and `signature`.
 */
final class Gate {

	const WINDOW = 300; // Seconds that our clocks may differ, either way.
	const MEMORY = 600; // Seconds for which a nonce is remembered: the window on both sides.
	const SEEN   = 'samtykke_nonce_';
	const RIGHTS = array( 'manage_options', 'delete_users', 'edit_users', 'edit_others_posts', 'delete_others_posts', 'moderate_comments', 'export_others_personal_data', 'erase_others_personal_data' );

	/**
	 * Lets the service in.
	 *
	 * @param string $action What is called.
	 * @throws Refused When it is not the service, or may not do this.
	 */
	public static function open( string $action ): Caller {
		$caller = self::verified( $action, self::fields() );
		self::remember( $caller->nonce );
		return $caller;
	}

	/**
	 * Becomes the service user, whose rights are what the call may do.
	 *
	 * @param string $login The user that the service believes it acts as.
	 * @throws Refused When there is no such user, or it lacks a right.
	 */
	public static function become( string $login ) {
		$user = Settings::service_user();
		if ( ! $user || $user->user_login !== $login ) {
			throw new Refused( 'wrong_user', 403 );
		}
		wp_set_current_user( $user->ID );
		$missing = self::missing_rights( $user );
		if ( $missing ) {
			throw new Refused( 'rights', 403, array( 'missing' => $missing ) );
		}
	}

	/**
	 * Which of the rights that we need a user lacks.
	 *
	 * @param \WP_User $user Who.
	 * @return string[]
	 */
	public static function missing_rights( \WP_User $user ): array {
		$lacks = static function ( string $right ) use ( $user ): bool {
			return ! user_can( $user, $right );
		};
		return array_values( array_filter( self::RIGHTS, $lacks ) );
	}

	/**
	 * Checks key, clock and signature, in this order.
	 *
	 * @param string                $action What is called.
	 * @param array<string, string> $fields What was posted.
	 * @throws Refused When one of them is wrong.
	 */
	private static function verified( string $action, array $fields ): Caller {
		$keys = Keys::all();
		if ( ! isset( $keys[ $fields['key'] ] ) ) {
			throw new Refused( 'unknown_key', 401 );
		}
		if ( ! preg_match( '/^\d{1,12}$/', $fields['at'] ) || abs( time() - (int) $fields['at'] ) > self::WINDOW ) {
			throw new Refused( 'clock', 401, array( 'now' => time() ) );
		}
		$secret = $keys[ $fields['key'] ];
		$right  = Signature::of_call( $secret, $action, $fields['at'], $fields['nonce'], $fields['body'] );
		if ( ! hash_equals( $right, $fields['signature'] ) ) {
			throw new Refused( 'signature', 401 );
		}
		$says = json_decode( $fields['body'], true );
		if ( ! is_array( $says ) || ! preg_match( '/^[\w-]{16,64}$/', $fields['nonce'] ) ) {
			throw new Refused( 'malformed', 400 );
		}
		return new Caller( $action, $fields['nonce'], $secret, $says );
	}

	/**
	 * Notes the nonce, and refuses one that was used before.
	 *
	 * One INSERT decides: of two calls at the same moment only one is the first.
	 *
	 * @param string $nonce A number used once.
	 * @throws Refused When it has been used.
	 */
	private static function remember( string $nonce ) {
		global $wpdb;
		$name = self::SEEN . hash( 'sha256', $nonce );
		// phpcs:disable WordPress.DB.DirectDatabaseQuery -- a cache in between would let a nonce in twice.
		$wpdb->query( $wpdb->prepare( "DELETE FROM {$wpdb->options} WHERE option_name LIKE %s AND option_value < %s", $wpdb->esc_like( self::SEEN ) . '%', (string) ( time() - self::MEMORY ) ) );
		$wrote = $wpdb->query( $wpdb->prepare( "INSERT IGNORE INTO {$wpdb->options} (option_name, option_value, autoload) VALUES (%s, %s, 'no')", $name, (string) time() ) );
		// phpcs:enable
		if ( 1 !== $wrote ) {
			throw new Refused( 'replayed', 409 );
		}
	}

	/**
	 * What was posted, without the slashes that WordPress adds.
	 *
	 * @return array<string, string>
	 */
	private static function fields(): array {
		$fields = array();
		foreach ( array( 'key', 'at', 'nonce', 'body', 'signature' ) as $name ) {
			// phpcs:ignore WordPress.Security.NonceVerification.Missing, WordPress.Security.ValidatedSanitizedInput.InputNotSanitized -- the signature covers these very bytes; cleaning them would break it.
			$fields[ $name ] = isset( $_POST[ $name ] ) && is_string( $_POST[ $name ] ) ? wp_unslash( $_POST[ $name ] ) : '';
		}
		return $fields;
	}
}
