<?php
/**
 * What earlier requests left behind.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

// phpcs:disable WordPress.DB.DirectDatabaseQuery -- every status must be seen.

/**
 * The request itself holds the address, and so do the archives made for it.
 */
final class Traces {

	/**
	 * What is held, for `find`.
	 *
	 * @param Address $address Whose.
	 */
	public static function held( Address $address ): array {
		return array_merge(
			Finder::groups( 'user_request', array( '' => self::requests( $address ) ) ),
			Finder::groups( 'cursor', array( '' => self::cursors( $address ) ) )
		);
	}

	/**
	 * Removes requests, their archives and the cursors of Jetpack's eraser.
	 *
	 * @param Address $address Whose.
	 * @return array Counts.
	 */
	public static function purge( Address $address ): array {
		$requests = self::requests( $address );
		$archives = 0;
		foreach ( $requests as $id ) {
			$archives += self::remove_archive( $id );
			wp_delete_post( $id, true );
		}
		$cursors = self::cursors( $address );
		array_map( 'delete_option', $cursors );
		return array(
			'requests' => count( $requests ),
			'archives' => $archives,
			'cursors'  => count( $cursors ),
		);
	}

	/**
	 * Ids of the person's requests to WordPress's own tools.
	 *
	 * @param Address $address Whose.
	 * @return int[]
	 */
	private static function requests( Address $address ): array {
		global $wpdb;
		$found = array();
		foreach ( $wpdb->get_results( $wpdb->prepare( "SELECT ID, post_title FROM {$wpdb->posts} WHERE post_type = 'user_request' AND LOWER(post_title) = %s", $address->text ) ) as $row ) {
			if ( $address->is( $row->post_title ) ) {
				$found[] = (int) $row->ID;
			}
		}
		return $found;
	}

	/**
	 * Names of options in which Jetpack's eraser keeps its place.
	 *
	 * @param Address $address Whose.
	 * @return string[]
	 */
	private static function cursors( Address $address ): array {
		global $wpdb;
		return $wpdb->get_col( $wpdb->prepare( "SELECT option_name FROM {$wpdb->options} WHERE option_name LIKE %s AND option_name LIKE %s", $wpdb->esc_like( '_jetpack_pde_' ) . '%', '%' . $wpdb->esc_like( md5( $address->text ) ) ) );
	}

	/**
	 * Removes the archive made for a request.
	 *
	 * @param int $id Of the request.
	 * @return int How many files are gone.
	 */
	private static function remove_archive( int $id ): int {
		$name = wp_basename( (string) get_post_meta( $id, '_export_file_name', true ) );
		$path = wp_privacy_exports_dir() . $name;
		if ( '' === $name || ! is_file( $path ) ) {
			return 0;
		}
		wp_delete_file( $path );
		return is_file( $path ) ? 0 : 1;
	}
}
