<?php
/**
 * The secrets shared with the service.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

/**
 * Two keys live beside each other, so that one can be replaced without a minute's silence.
 *
 * `SAMTYKKE_KEYS` in wp-config.php is the better place: array( 'key id' => 'secret' ). From the settings page they are
 * stored encrypted under the salts of wp-config.php, so that a copy of the database alone does not give them away.
 */
final class Keys {

	const OPTION   = 'samtykke_keys';
	const SHORTEST = 32;

	/**
	 * All live keys, the newest last.
	 *
	 * @return array<string, string> Key id to secret.
	 */
	public static function all(): array {
		$keys = self::fixed() ? SAMTYKKE_KEYS : self::stored();
		$fit  = static function ( $secret ) {
			return is_string( $secret ) && strlen( $secret ) >= self::SHORTEST;
		};
		return array_slice( array_filter( $keys, $fit ), -2, 2, true );
	}

	/**
	 * Are the keys written in wp-config.php?
	 */
	public static function fixed(): bool {
		return defined( 'SAMTYKKE_KEYS' ) && is_array( SAMTYKKE_KEYS );
	}

	/**
	 * Stores the keys; only the two newest stay.
	 *
	 * @param array<string, string> $keys Key id to secret.
	 */
	public static function store( array $keys ) {
		$plain = wp_json_encode( array_slice( $keys, -2, 2, true ) );
		$nonce = random_bytes( SODIUM_CRYPTO_SECRETBOX_NONCEBYTES );
		// phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions.obfuscation_base64_encode -- encrypted bytes as text.
		$text = base64_encode( $nonce . sodium_crypto_secretbox( $plain, $nonce, self::wrapper() ) );
		update_option( self::OPTION, $text, false );
	}

	/**
	 * The keys from the settings page; none when the salts have been changed since.
	 */
	private static function stored(): array {
		// phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions.obfuscation_base64_decode -- encrypted bytes as text.
		$bytes = base64_decode( (string) get_option( self::OPTION, '' ), true );
		if ( ! $bytes || strlen( $bytes ) <= SODIUM_CRYPTO_SECRETBOX_NONCEBYTES ) {
			return array();
		}
		$nonce = substr( $bytes, 0, SODIUM_CRYPTO_SECRETBOX_NONCEBYTES );
		$plain = sodium_crypto_secretbox_open( substr( $bytes, SODIUM_CRYPTO_SECRETBOX_NONCEBYTES ), $nonce, self::wrapper() );
		$keys  = is_string( $plain ) ? json_decode( $plain, true ) : null;
		return is_array( $keys ) ? $keys : array();
	}

	/**
	 * The key that the keys are encrypted with.
	 */
	private static function wrapper(): string {
		return hash( 'sha256', 'samtykke keys' . wp_salt( 'auth' ), true );
	}
}
