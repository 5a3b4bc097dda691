<?php
/**
 * Where the service is, and as whom it acts here.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

/**
 * A constant in wp-config.php goes before what the settings page stored.
 */
final class Settings {

	const OPTION = 'samtykke_settings';
	const SEEN   = 'samtykke_seen';

	/**
	 * Base address of the service, without a slash at the end; empty until an administrator has connected it.
	 */
	public static function service(): string {
		return untrailingslashit( self::read( 'SAMTYKKE_SERVICE', 'service' ) );
	}

	/**
	 * Login name of the service user.
	 */
	public static function user(): string {
		return self::read( 'SAMTYKKE_USER', 'user' );
	}

	/**
	 * The service user, if there is one.
	 *
	 * @return \WP_User|null
	 */
	public static function service_user() {
		$user = self::user() ? get_user_by( 'login', self::user() ) : false;
		return $user ? $user : null;
	}

	/**
	 * Loads the plugin's own translations.
	 */
	public static function load_words() {
		load_plugin_textdomain( 'samtykke', false, dirname( plugin_basename( SAMTYKKE_FILE ) ) . '/languages' );
	}

	/**
	 * One setting.
	 *
	 * @param string $constant Its name in wp-config.php.
	 * @param string $name     Its name in the option.
	 */
	private static function read( string $constant, string $name ): string {
		if ( defined( $constant ) ) {
			return (string) constant( $constant );
		}
		$stored = get_option( self::OPTION, array() );
		return isset( $stored[ $name ] ) ? (string) $stored[ $name ] : '';
	}
}
