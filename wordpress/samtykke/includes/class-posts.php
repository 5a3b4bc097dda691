<?php
/**
 * Posts of every other kind.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

// phpcs:disable WordPress.DB.DirectDatabaseQuery -- the tables are read as they are.

/**
 * Plugins keep orders, entries and subscribers as posts. They are found here, and erased by the plugin they belong to.
 */
final class Posts {

	const ORDERS = array( 'shop_order', 'shop_order_refund', 'shop_subscription' );

	/**
	 * Posts with a field that is the address: `order`, or `post:` and the type.
	 *
	 * @param Address $address Whose.
	 */
	public static function held( Address $address ): array {
		$found = array();
		foreach ( self::rows( $address ) as $row ) {
			if ( 'post_content' !== $row->name && $address->is( $row->text ) ) {
				$kind = in_array( $row->post_type, self::ORDERS, true ) ? 'order' : "post:{$row->post_type}";

				$found[ $kind ][ $row->post_status ][ (int) $row->id ] = (int) $row->id;
			}
		}
		$groups = array();
		foreach ( $found as $kind => $by_status ) {
			$groups = array_merge( $groups, Finder::groups( $kind, $by_status ) );
		}
		return array_map( array( self::class, 'with_newest' ), $groups );
	}

	/**
	 * Posts that name the address in their text or in a longer field.
	 *
	 * @param Address $address Whose.
	 * @return int[]
	 */
	public static function mentions( Address $address ): array {
		$held = array_merge( array(), ...array_column( self::held( $address ), 'ids' ) );
		return array_values( array_diff( Finder::naming( self::rows( $address ), $address ), $held ) );
	}

	/**
	 * Everything in posts that may name the address, but Flamingo's entries and requests.
	 *
	 * @param Address $address Whose.
	 * @return object[] With id, post_type, post_status, name, text.
	 */
	private static function rows( Address $address ): array {
		global $wpdb;
		$like  = $address->like();
		$types = "'user_request','" . implode( "','", Flamingo::TYPES ) . "'";
		// phpcs:ignore WordPress.DB.PreparedSQL.InterpolatedNotPrepared -- the types are written above.
		return $wpdb->get_results( $wpdb->prepare( "SELECT ID AS id, post_type, post_status, 'post_title' AS name, post_title AS text FROM {$wpdb->posts} WHERE post_type NOT IN ({$types}) AND LOWER(post_title) LIKE %s UNION ALL SELECT ID, post_type, post_status, 'post_content', post_content FROM {$wpdb->posts} WHERE post_type NOT IN ({$types}) AND LOWER(post_content) LIKE %s UNION ALL SELECT ID, post_type, post_status, 'post_content', post_excerpt FROM {$wpdb->posts} WHERE post_type NOT IN ({$types}) AND LOWER(post_excerpt) LIKE %s UNION ALL SELECT p.ID, p.post_type, p.post_status, m.meta_key, m.meta_value FROM {$wpdb->postmeta} m INNER JOIN {$wpdb->posts} p ON p.ID = m.post_id WHERE p.post_type NOT IN ({$types}) AND LOWER(m.meta_value) LIKE %s", $like, $like, $like, $like ) );
	}

	/**
	 * Orders with the date of the newest: accounts must be kept for years after it.
	 *
	 * @param array $group One group of `held`.
	 */
	private static function with_newest( array $group ): array {
		if ( 'order' === $group['kind'] ) {
			$group['newest'] = substr( max( array_map( array( self::class, 'date' ), $group['ids'] ) ), 0, 10 );
		}
		return $group;
	}

	/**
	 * When a post was made.
	 *
	 * @param int $id Of the post.
	 */
	private static function date( int $id ): string {
		return (string) get_post_field( 'post_date', $id );
	}
}
