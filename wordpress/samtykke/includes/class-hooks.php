<?php
/**
 * The exporters and erasers that WordPress and its plugins register.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

/**
 * Calls them by key: their numbers move when a plugin is activated.
 */
final class Hooks {

	/**
	 * All exporters but the one that would ask the service back.
	 *
	 * @return array<string, callable>
	 */
	public static function exporters(): array {
		return self::callbacks( apply_filters( 'wp_privacy_personal_data_exporters', array() ) ); // phpcs:ignore WordPress.NamingConventions.PrefixAllGlobals -- WordPress's own hook.
	}

	/**
	 * All erasers but the one that would ask the service back.
	 *
	 * @return array<string, callable>
	 */
	public static function erasers(): array {
		return self::callbacks( apply_filters( 'wp_privacy_personal_data_erasers', array() ) ); // phpcs:ignore WordPress.NamingConventions.PrefixAllGlobals -- WordPress's own hook.
	}

	/**
	 * One page of one exporter.
	 *
	 * @param string  $key     Its key.
	 * @param Address $address Whose.
	 * @param int     $page    From 1.
	 * @return array With data and done; or error.
	 */
	public static function export( string $key, Address $address, int $page ): array {
		$answer = self::call( self::exporters(), $key, $address, $page );
		if ( isset( $answer['error'] ) ) {
			return $answer;
		}
		return isset( $answer['data'], $answer['done'] ) && is_array( $answer['data'] ) ? $answer : array( 'error' => 'shape' );
	}

	/**
	 * One page of one eraser, with what is held before and after it.
	 *
	 * @param string  $key     Its key.
	 * @param Address $address Whose.
	 * @param int     $page    From 1.
	 * @return array With WordPress's own words; or error; and always with count_before and count_after.
	 */
	public static function erase( string $key, Address $address, int $page ): array {
		$before = Finder::count( $address );
		$answer = self::call( self::erasers(), $key, $address, $page );
		if ( ! isset( $answer['error'] ) && ! isset( $answer['items_removed'], $answer['items_retained'], $answer['done'] ) ) {
			$answer = array( 'error' => 'shape' );
		}
		return $answer + array(
			'count_before' => $before,
			'count_after'  => Finder::count( $address ),
		);
	}

	/**
	 * Calls one callback. What it throws is told without its message, which may hold personal data.
	 *
	 * @param array<string, callable> $callbacks By key.
	 * @param string                  $key       Which.
	 * @param Address                 $address   Whose.
	 * @param int                     $page      From 1.
	 */
	private static function call( array $callbacks, string $key, Address $address, int $page ): array {
		if ( ! isset( $callbacks[ $key ] ) ) {
			return array( 'error' => 'gone' );
		}
		if ( 'wordpress-comments' === $key && Comments::has_lookalikes( $address ) ) {
			return array( 'error' => 'lookalikes' );
		}
		try {
			$answer = call_user_func( $callbacks[ $key ], $address->text, $page );
		} catch ( \Throwable $error ) {
			return array(
				'error' => 'threw',
				'where' => get_class( $error ) . ' in ' . wp_basename( $error->getFile() ) . ':' . $error->getLine(),
			);
		}
		return is_array( $answer ) ? $answer : array( 'error' => is_wp_error( $answer ) ? 'refused' : 'shape' );
	}

	/**
	 * Keys and what to call; broken registrations are left out of the call, not of the map.
	 *
	 * @param mixed $registered What the filter gave.
	 * @return array<string, callable>
	 */
	private static function callbacks( $registered ): array {
		$found = array();
		foreach ( (array) $registered as $key => $one ) {
			if ( Service_Privacy::KEY !== $key ) {
				$found[ (string) $key ] = isset( $one['callback'] ) ? $one['callback'] : null;
			}
		}
		return $found;
	}
}
