<?php
/**
 * Which plugins there are, and which of them say anything of personal data.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

/**
 * The map that the service compares before it erases.
 */
final class Plugins {

	/**
	 * Versions, plugins, exporters and erasers, and the plugins that have neither.
	 */
	public static function coverage(): array {
		$exporters = self::with_owner( Hooks::exporters() );
		$erasers   = self::with_owner( Hooks::erasers() );
		$active    = self::active();
		$speaking  = array_merge( array_values( $exporters ), array_values( $erasers ) );
		return array(
			'plugin'    => SAMTYKKE_VERSION,
			'wordpress' => get_bloginfo( 'version' ),
			'php'       => PHP_VERSION,
			'plugins'   => $active,
			'exporters' => $exporters,
			'erasers'   => $erasers,
			'silent'    => array_values( array_diff( array_keys( $active ), $speaking, array( self::of_file( SAMTYKKE_FILE ) ) ) ),
		);
	}

	/**
	 * Active plugins and their versions.
	 *
	 * @return array<string, string>
	 */
	private static function active(): array {
		$found = array();
		foreach ( array_merge( (array) get_option( 'active_plugins', array() ), array_keys( (array) get_site_option( 'active_sitewide_plugins', array() ) ) ) as $file ) {
			$data = get_plugin_data( WP_PLUGIN_DIR . '/' . $file, false, false );

			$found[ self::of_file( WP_PLUGIN_DIR . '/' . $file ) ] = (string) $data['Version'];
		}
		return $found;
	}

	/**
	 * The plugin that each callback belongs to.
	 *
	 * @param array<string, callable> $callbacks By key.
	 * @return array<string, string> Key to plugin; empty for WordPress itself and what cannot be told.
	 */
	private static function with_owner( array $callbacks ): array {
		return array_map( array( self::class, 'owner' ), $callbacks );
	}

	/**
	 * The plugin that a callback is written in.
	 *
	 * @param callable $callback An exporter or eraser.
	 */
	private static function owner( $callback ): string {
		try {
			$closure = \Closure::fromCallable( $callback );
			$file    = ( new \ReflectionFunction( $closure ) )->getFileName();
		} catch ( \Throwable $error ) {
			$file = '';
		}
		return $file ? self::of_file( $file ) : '';
	}

	/**
	 * The plugin that a file belongs to: its folder, or its own name where it has none. Empty for WordPress itself.
	 *
	 * @param string $file A path.
	 */
	private static function of_file( string $file ): string {
		$name = plugin_basename( $file );
		return trim( wp_normalize_path( $file ), '/' ) === $name ? '' : (string) strtok( $name, '/' );
	}
}
