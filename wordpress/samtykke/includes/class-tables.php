<?php
/**
 * Tables that plugins have made.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

// phpcs:disable WordPress.DB.DirectDatabaseQuery, WordPress.DB.PreparedSQL -- tables and columns cannot be placeholders; their names come from the database itself.

/**
 * Looks for the address in every text column of every table that is not WordPress's own.
 *
 * No list of plugins is complete, and a list of tables is at hand.
 */
final class Tables {

	const MOST    = 5000; // Rows read of one table.
	const SECONDS = 15;   // After that the rest is called unfinished.

	/**
	 * Rows with a column that is the address, as `table:` and its name.
	 *
	 * @param Address $address Whose.
	 */
	public static function held( Address $address ): array {
		$groups = array();
		foreach ( self::scan( $address, '=' )['found'] as $table => $rows ) {
			$groups[] = self::group( $table, count( $rows ), $address );
		}
		return $groups;
	}

	/**
	 * How many rows of each table name the address inside a longer text; and which tables there was no time for.
	 *
	 * @param Address $address Whose.
	 * @return array With `found`: table to count, and `unfinished`: tables.
	 */
	public static function mentions( Address $address ): array {
		$scan  = self::scan( $address, 'LIKE' );
		$count = static function ( array $rows ) use ( $address ): int {
			return count( array_diff_key( array_filter( $rows, self::naming( $address ) ), array_filter( $rows, self::being( $address ) ) ) );
		};
		return array(
			'found'      => array_filter( array_map( $count, $scan['found'] ) ),
			'unfinished' => $scan['unfinished'],
		);
	}

	/**
	 * Reads the rows of every foreign table that may match.
	 *
	 * @param Address $address Whose.
	 * @param string  $how     `=` or `LIKE`.
	 */
	private static function scan( Address $address, string $how ): array {
		$until = microtime( true ) + self::SECONDS;
		$scan  = array(
			'found'      => array(),
			'unfinished' => array(),
		);
		foreach ( self::names() as $table ) {
			if ( microtime( true ) > $until ) {
				$scan['unfinished'][] = $table;
				continue;
			}
			$rows = self::rows( $table, $address, $how );
			if ( '=' === $how ) {
				$rows = array_filter( $rows, self::being( $address ) );
			}
			if ( $rows ) {
				$scan['found'][ $table ] = $rows;
			}
		}
		return $scan;
	}

	/**
	 * Rows of one table that may match.
	 *
	 * @param string  $table   Its name.
	 * @param Address $address Whose.
	 * @param string  $how     `=` or `LIKE`.
	 */
	private static function rows( string $table, Address $address, string $how ): array {
		global $wpdb;
		$columns = self::texts( $table );
		if ( ! $columns ) {
			return array();
		}
		$tests = array();
		foreach ( $columns as $column ) {
			$tests[] = '=' === $how ? $wpdb->prepare( "LOWER({$column}) = %s", $address->text ) : $wpdb->prepare( "LOWER({$column}) LIKE %s", $address->like() );
		}
		return (array) $wpdb->get_results( 'SELECT ' . implode( ', ', $columns ) . " FROM `{$table}` WHERE " . implode( ' OR ', $tests ) . ' LIMIT ' . self::MOST, ARRAY_A );
	}

	/**
	 * Names of this site's tables that are not WordPress's own.
	 *
	 * @return string[]
	 */
	private static function names(): array {
		global $wpdb;
		$all   = $wpdb->get_col( $wpdb->prepare( 'SHOW TABLES LIKE %s', $wpdb->esc_like( $wpdb->prefix ) . '%' ) );
		$other = preg_quote( $wpdb->prefix, '/' ) . '\d+_'; // Other sites of a network.
		return preg_grep( "/^{$other}/", array_values( array_diff( $all, array_values( $wpdb->tables( 'all' ) ) ) ), PREG_GREP_INVERT );
	}

	/**
	 * Columns of a table that hold text, quoted.
	 *
	 * @param string $table Its name.
	 * @return string[]
	 */
	private static function texts( string $table ): array {
		global $wpdb;
		$columns = array();
		foreach ( $wpdb->get_results( "SHOW COLUMNS FROM `{$table}`" ) as $column ) {
			if ( preg_match( '/char|text|json/i', $column->Type ) ) { // phpcs:ignore WordPress.NamingConventions.ValidVariableName -- the database's name.
				$columns[] = '`' . str_replace( '`', '``', $column->Field ) . '`'; // phpcs:ignore WordPress.NamingConventions.ValidVariableName -- the database's name.
			}
		}
		return $columns;
	}

	/**
	 * One group of `held`. WooCommerce's orders are called so, for they must be kept for years after the newest.
	 *
	 * @param string  $table   Its name.
	 * @param int     $count   How many rows match.
	 * @param Address $address Whose.
	 */
	private static function group( string $table, int $count, Address $address ): array {
		global $wpdb;
		$group = array(
			'kind'   => "table:{$table}",
			'status' => '',
			'count'  => $count,
			'ids'    => array(),
		);
		if ( "{$wpdb->prefix}wc_orders" === $table ) {
			$group['kind']   = 'order';
			$group['newest'] = substr( (string) $wpdb->get_var( $wpdb->prepare( "SELECT MAX(date_created_gmt) FROM {$table} WHERE LOWER(billing_email) = %s", $address->text ) ), 0, 10 );
		} elseif ( "{$wpdb->prefix}wc_order_addresses" === $table ) {
			$group['kind'] = 'order';
		}
		return $group;
	}

	/**
	 * Tells whether a column of a row is the address.
	 *
	 * @param Address $address Whose.
	 */
	private static function being( Address $address ): callable {
		return static function ( array $row ) use ( $address ): bool {
			return (bool) array_filter( $row, array( $address, 'is' ) );
		};
	}

	/**
	 * Tells whether a column of a row names the address.
	 *
	 * @param Address $address Whose.
	 */
	private static function naming( Address $address ): callable {
		return static function ( array $row ) use ( $address ): bool {
			return (bool) array_filter( $row, array( $address, 'is_named_in' ) );
		};
	}
}
