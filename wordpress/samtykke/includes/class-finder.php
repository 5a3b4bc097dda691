<?php
/**
 * Everything that is held of a person.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

/**
 * Counts by reading the tables: what exporters and erasers say of themselves is no evidence.
 */
final class Finder {

	const HOLDERS = array( Users::class, Comments::class, Flamingo::class, Posts::class, Tables::class, Traces::class );

	/**
	 * What is held, and what names the person in passing.
	 *
	 * @param Address $address Whose.
	 */
	public static function find( Address $address ): array {
		$tables = Tables::mentions( $address );
		return array(
			'held'       => self::held( $address ),
			'mentions'   => array_merge(
				self::groups( 'user', array( '' => Users::mentions( $address ) ) ),
				self::groups( 'comment', array( '' => Comments::mentions( $address ) ) ),
				self::groups( 'flamingo', array( '' => Flamingo::mentions( $address ) ) ),
				self::groups( 'post', array( '' => Posts::mentions( $address ) ) ),
				self::groups( 'option', array( '' => self::options( $address ) ) ),
				self::counted( $tables['found'] )
			),
			'unfinished' => $tables['unfinished'],
		);
	}

	/**
	 * What is held and must go.
	 *
	 * @param Address $address Whose.
	 */
	public static function held( Address $address ): array {
		$groups = array();
		foreach ( self::HOLDERS as $holder ) {
			$groups = array_merge( $groups, $holder::held( $address ) );
		}
		return $groups;
	}

	/**
	 * How many objects are held.
	 *
	 * @param Address $address Whose.
	 */
	public static function count( Address $address ): int {
		return array_sum( array_column( self::held( $address ), 'count' ) );
	}

	/**
	 * Groups for an answer; empty ones are left out.
	 *
	 * @param string               $kind      What they are.
	 * @param array<string, array> $by_status Status to ids.
	 */
	public static function groups( string $kind, array $by_status ): array {
		$groups = array();
		foreach ( array_filter( $by_status ) as $status => $ids ) {
			$groups[] = array(
				'kind'   => $kind,
				'status' => (string) $status,
				'count'  => count( $ids ),
				'ids'    => array_values( $ids ),
			);
		}
		return $groups;
	}

	/**
	 * Ids of the rows that name the address.
	 *
	 * @param object[] $rows    With id and text.
	 * @param Address  $address Whose.
	 * @return int[]
	 */
	public static function naming( array $rows, Address $address ): array {
		$found = array();
		foreach ( $rows as $row ) {
			if ( $address->is_named_in( $row->text ) ) {
				$found[ (int) $row->id ] = (int) $row->id;
			}
		}
		return array_values( $found );
	}

	/**
	 * Names of settings that name the address, like the address of the administrator.
	 *
	 * @param Address $address Whose.
	 * @return string[]
	 */
	private static function options( Address $address ): array {
		global $wpdb;
		// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- there is no function that searches in settings.
		$rows  = $wpdb->get_results( $wpdb->prepare( "SELECT option_name, option_value FROM {$wpdb->options} WHERE LOWER(option_value) LIKE %s", $address->like() ) );
		$found = array();
		foreach ( $rows as $row ) {
			if ( $address->is_named_in( $row->option_value ) ) {
				$found[] = $row->option_name;
			}
		}
		return $found;
	}

	/**
	 * Groups of tables, whose rows have no common id.
	 *
	 * @param array<string, int> $counts Table to count.
	 */
	private static function counted( array $counts ): array {
		$groups = array();
		foreach ( $counts as $table => $count ) {
			$groups[] = array(
				'kind'   => "table:{$table}",
				'status' => '',
				'count'  => $count,
				'ids'    => array(),
			);
		}
		return $groups;
	}
}
