<?php
/**
 * What Flamingo keeps of forms.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

// phpcs:disable WordPress.DB.DirectDatabaseQuery -- every status must be seen, also those that no query asks for.

/**
 * Entries in every status, and by any field that holds the address and nothing else.
 *
 * Flamingo's own eraser sees published entries only, and only by the field that the form's author named for it.
 */
final class Flamingo {

	const TYPES   = array( 'flamingo_inbound', 'flamingo_contact', 'flamingo_outbound' );
	const AT_ONCE = 200;

	/**
	 * What is held, for `find`.
	 *
	 * @param Address $address Whose.
	 */
	public static function held( Address $address ): array {
		$found = array();
		foreach ( self::rows( $address ) as $row ) {
			if ( self::is_hers( $row, $address ) ) {
				$found[ $row->post_type ][ $row->post_status ][ (int) $row->ID ] = (int) $row->ID;
			}
		}
		$groups = array();
		foreach ( $found as $type => $by_status ) {
			$groups = array_merge( $groups, Finder::groups( $type, $by_status ) );
		}
		return $groups;
	}

	/**
	 * Ids of the person's entries.
	 *
	 * @param Address $address Whose.
	 * @return int[]
	 */
	public static function ids( Address $address ): array {
		return array_merge( array(), ...array_column( self::held( $address ), 'ids' ) );
	}

	/**
	 * Entries that name the address in free text: they may be somebody else's, so a human must look at them.
	 *
	 * @param Address $address Whose.
	 * @return int[]
	 */
	public static function mentions( Address $address ): array {
		$found = array();
		foreach ( self::rows( $address ) as $row ) {
			if ( $address->is_named_in( $row->value ) ) {
				$found[ (int) $row->ID ] = (int) $row->ID;
			}
		}
		return array_values( array_diff( $found, self::ids( $address ) ) );
	}

	/**
	 * Deletes entries for good.
	 *
	 * @param int[] $ids Which.
	 * @return int[] Those that are gone.
	 */
	public static function delete( array $ids ): array {
		$gone = static function ( int $id ): bool {
			return (bool) wp_delete_post( $id, true );
		};
		return array_values( array_filter( array_slice( $ids, 0, self::AT_ONCE ), $gone ) );
	}

	/**
	 * Everything an entry says, as name and value.
	 *
	 * @param int $id Of the entry.
	 */
	public static function fields( int $id ): array {
		$fields = array();
		foreach ( get_post_meta( $id ) as $name => $values ) {
			foreach ( $values as $value ) {
				$text = implode( ', ', self::texts( $value ) );
				if ( '' !== $text ) {
					$fields[] = array(
						'name'  => preg_replace( '/^_(field_)?/', '', $name ),
						'value' => $text,
					);
				}
			}
		}
		return $fields;
	}

	/**
	 * Everything of Flamingo's that may name the address: title, text, and each field.
	 *
	 * @param Address $address Whose.
	 * @return object[] With ID, post_type, post_status, name, value.
	 */
	private static function rows( Address $address ): array {
		global $wpdb;
		$like  = $address->like();
		$types = "'" . implode( "','", self::TYPES ) . "'";
		// phpcs:ignore WordPress.DB.PreparedSQL.InterpolatedNotPrepared -- the types are written above.
		return $wpdb->get_results( $wpdb->prepare( "SELECT ID, post_type, post_status, 'title' AS name, post_title AS value FROM {$wpdb->posts} WHERE post_type IN ({$types}) AND LOWER(post_title) LIKE %s UNION ALL SELECT ID, post_type, post_status, 'text', post_content FROM {$wpdb->posts} WHERE post_type IN ({$types}) AND LOWER(post_content) LIKE %s UNION ALL SELECT p.ID, p.post_type, p.post_status, m.meta_key, m.meta_value FROM {$wpdb->postmeta} m INNER JOIN {$wpdb->posts} p ON p.ID = m.post_id WHERE p.post_type IN ({$types}) AND LOWER(m.meta_value) LIKE %s", $like, $like, $like ) );
	}

	/**
	 * Does this place make the entry the person's own?
	 *
	 * The text repeats every field, and `_meta` also names the author of the page that the form stands on.
	 *
	 * @param object  $row     Of `rows`.
	 * @param Address $address Whose.
	 */
	private static function is_hers( $row, Address $address ): bool {
		if ( 'text' === $row->name ) {
			return false;
		}
		$texts = self::texts( $row->value );
		if ( '_meta' === $row->name ) {
			$texts = array_intersect_key( $texts, array( 'user_email' => true ) );
		}
		return (bool) array_filter( $texts, array( $address, 'is' ) );
	}

	/**
	 * The texts in a stored value, which may be a serialised list.
	 *
	 * @param mixed $value As stored.
	 * @return string[]
	 */
	private static function texts( $value ): array {
		if ( is_serialized( $value ) ) {
			// phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions.serialize_unserialize -- WordPress stores lists so; no objects are made.
			$value = unserialize( $value, array( 'allowed_classes' => false ) );
		}
		$texts = array();
		$value = (array) $value;
		array_walk_recursive(
			$value,
			static function ( $text, $name ) use ( &$texts ) {
				if ( is_scalar( $text ) && '' !== (string) $text ) {
					$texts[ isset( $texts[ $name ] ) ? count( $texts ) . '.' . $name : $name ] = (string) $text;
				}
			}
		);
		return $texts;
	}
}
