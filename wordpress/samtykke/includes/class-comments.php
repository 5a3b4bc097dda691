<?php
/**
 * Comments in every status.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

// phpcs:disable WordPress.DB.DirectDatabaseQuery -- what is there must be read from the table, not from a cache or a query that leaves statuses out.

/**
 * WordPress's own tools know approved and waiting comments only, and its eraser stops before it is done.
 */
final class Comments {

	const AT_ONCE    = 200; // How many one call deletes.
	const REMEMBERED = '_samtykke_status';

	/**
	 * Ids of the person's comments, by status.
	 *
	 * @param Address $address Whose.
	 * @return array<string, int[]>
	 */
	public static function by_status( Address $address ): array {
		$found = array();
		foreach ( self::rows( $address ) as $row ) {
			$found[ self::status( $row->comment_approved ) ][] = (int) $row->comment_ID;
		}
		return $found;
	}

	/**
	 * What is held, for `find`.
	 *
	 * @param Address $address Whose.
	 */
	public static function held( Address $address ): array {
		return Finder::groups( 'comment', self::by_status( $address ) );
	}

	/**
	 * Other people's comments that name the address: a human must look at them.
	 *
	 * @param Address $address Whose.
	 * @return int[]
	 */
	public static function mentions( Address $address ): array {
		global $wpdb;
		$like = $address->like();
		$rows = $wpdb->get_results( $wpdb->prepare( "SELECT comment_ID AS id, comment_content AS text FROM {$wpdb->comments} WHERE LOWER(comment_content) LIKE %s UNION ALL SELECT comment_ID, comment_author FROM {$wpdb->comments} WHERE LOWER(comment_author) LIKE %s UNION ALL SELECT comment_ID, comment_author_url FROM {$wpdb->comments} WHERE LOWER(comment_author_url) LIKE %s UNION ALL SELECT comment_id, meta_value FROM {$wpdb->commentmeta} WHERE LOWER(meta_value) LIKE %s", $like, $like, $like, $like ) );
		return array_values( array_diff( Finder::naming( $rows, $address ), self::ids( $address ) ) );
	}

	/**
	 * Deletes comments for good.
	 *
	 * @param int[] $ids Which.
	 * @return int[] Those that are gone.
	 */
	public static function delete( array $ids ): array {
		$gone = static function ( int $id ): bool {
			return (bool) wp_delete_comment( $id, true );
		};
		return array_values( array_filter( array_slice( $ids, 0, self::AT_ONCE ), $gone ) );
	}

	/**
	 * Comments whose text names their author: taking the name off the top would not make them anonymous.
	 *
	 * @param Address $address Whose.
	 * @return int[]
	 */
	public static function signed_in_the_text( Address $address ): array {
		$found = array();
		foreach ( self::rows( $address ) as $row ) {
			if ( $address->is_named_in( $row->comment_content ) || self::names( $row->comment_content, $row->comment_author ) ) {
				$found[] = (int) $row->comment_ID;
			}
		}
		return $found;
	}

	/**
	 * Ids of all comments of the person.
	 *
	 * @param Address $address Whose.
	 * @return int[]
	 */
	public static function ids( Address $address ): array {
		return array_merge( array(), ...array_values( self::by_status( $address ) ) );
	}

	/**
	 * Are there comments by somebody whom only the database takes for this person?
	 *
	 * To MySQL kåri@ is kari@ as a rule, and WordPress's own exporter and eraser ask MySQL.
	 *
	 * @param Address $address Whose.
	 */
	public static function has_lookalikes( Address $address ): bool {
		global $wpdb;
		$found = $wpdb->get_col( $wpdb->prepare( "SELECT comment_author_email FROM {$wpdb->comments} WHERE comment_author_email = %s", $address->text ) );
		return count( array_filter( $found, array( $address, 'is' ) ) ) < count( $found );
	}

	/**
	 * Gives the comments a new address. Nothing else in them changes, and nobody is written to.
	 *
	 * @param Address $address Whose.
	 * @param Address $right   The right one.
	 * @return int[]
	 */
	public static function move( Address $address, Address $right ): array {
		global $wpdb;
		$moved = array();
		foreach ( self::rows( $address ) as $row ) {
			if ( $address->is( $row->comment_author_email ) ) {
				$wpdb->update( $wpdb->comments, array( 'comment_author_email' => $right->text ), array( 'comment_ID' => $row->comment_ID ) );
				clean_comment_cache( $row->comment_ID );
				$moved[] = (int) $row->comment_ID;
			}
		}
		return $moved;
	}

	/**
	 * Takes shown comments off the pages, or puts back those that were taken off.
	 *
	 * @param Address $address Whose.
	 * @param bool    $hide    Off, or back.
	 * @return int[]
	 */
	public static function hide( Address $address, bool $hide ): array {
		$changed = array();
		add_filter( 'notify_post_author', '__return_false' );
		foreach ( self::rows( $address ) as $row ) {
			$id  = (int) $row->comment_ID;
			$was = get_comment_meta( $id, self::REMEMBERED, true );
			if ( $hide && '1' === $row->comment_approved ) {
				add_comment_meta( $id, self::REMEMBERED, '1', true );
				wp_set_comment_status( $id, 'hold' );
				$changed[] = $id;
			} elseif ( ! $hide && '1' === $was ) {
				delete_comment_meta( $id, self::REMEMBERED );
				if ( '0' === $row->comment_approved ) { // Whoever moderates may have called it spam meanwhile.
					wp_set_comment_status( $id, 'approve' );
					$changed[] = $id;
				}
			}
		}
		remove_filter( 'notify_post_author', '__return_false' );
		return $changed;
	}

	/**
	 * Rows by the address, and by whoever has an account with it.
	 *
	 * @param Address $address Whose.
	 * @return object[]
	 */
	private static function rows( Address $address ): array {
		global $wpdb;
		$users = Users::without_rights( $address );
		$marks = implode( ',', array_fill( 0, count( $users ) + 1, '%d' ) );
		// phpcs:ignore WordPress.DB.PreparedSQL.InterpolatedNotPrepared, WordPress.DB.PreparedSQLPlaceholders -- $marks is made of %d only.
		$rows = $wpdb->get_results( $wpdb->prepare( "SELECT comment_ID, comment_approved, comment_author, comment_author_email, comment_content, user_id FROM {$wpdb->comments} WHERE LOWER(comment_author_email) = %s OR (user_id > 0 AND user_id IN ({$marks})) ORDER BY comment_ID", array_merge( array( $address->text, 0 ), $users ) ) );
		$hers = static function ( $row ) use ( $address, $users ): bool {
			return $address->is( $row->comment_author_email ) || in_array( (int) $row->user_id, $users, true );
		};
		return array_values( array_filter( $rows, $hers ) );
	}

	/**
	 * Does the text hold a word of the name?
	 *
	 * @param string $text Of the comment.
	 * @param string $name Of its author.
	 */
	private static function names( string $text, string $name ): bool {
		foreach ( preg_split( '/[^\p{L}\p{N}]+/u', $name, -1, PREG_SPLIT_NO_EMPTY ) as $word ) {
			if ( preg_match( '/(?<![\p{L}\p{N}])' . preg_quote( $word, '/' ) . '(?![\p{L}\p{N}])/iu', $text ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * A word for the status.
	 *
	 * @param string $approved As the table says it.
	 */
	private static function status( string $approved ): string {
		$words = array(
			'1' => 'approved',
			'0' => 'hold',
		);
		return isset( $words[ $approved ] ) ? $words[ $approved ] : $approved;
	}
}
