<?php
/**
 * Shows what WordPress's own exporters leave out.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

/**
 * Comments in spam and trash, and Flamingo's entries, which has no exporter of its own.
 */
final class Own_Exporter {

	const KEY  = 'samtykke-every-status';
	const PAGE = 100;

	/**
	 * Registers it with WordPress.
	 */
	public static function register() {
		add_filter( 'wp_privacy_personal_data_exporters', array( self::class, 'add' ) );
	}

	/**
	 * Adds it to the list.
	 *
	 * @param array $exporters Those before.
	 */
	public static function add( $exporters ): array {
		$exporters = (array) $exporters;

		$exporters[ self::KEY ] = array(
			'exporter_friendly_name' => __( 'Comments and form entries in every status', 'samtykke' ),
			'callback'               => array( self::class, 'export' ),
		);
		return $exporters;
	}

	/**
	 * One page.
	 *
	 * @param string $email Whose.
	 * @param int    $page  From 1.
	 */
	public static function export( $email, $page = 1 ): array {
		try {
			$address = new Address( (string) $email );
		} catch ( Refused $error ) {
			return array(
				'data' => array(),
				'done' => true,
			);
		}
		$all  = self::items( $address );
		$from = ( max( 1, (int) $page ) - 1 ) * self::PAGE;
		return array(
			'data' => array_map( array( self::class, 'shown' ), array_slice( $all, $from, self::PAGE ) ),
			'done' => count( $all ) <= $from + self::PAGE,
		);
	}

	/**
	 * What there is to show, as kind and id.
	 *
	 * @param Address $address Whose.
	 */
	private static function items( Address $address ): array {
		$items     = array();
		$elsewhere = Comments::has_lookalikes( $address ) ? array() : array( 'approved', 'hold' ); // WordPress's own exporter shows these.
		$comments  = array_diff_key( Comments::by_status( $address ), array_flip( $elsewhere ) );
		foreach ( array_merge( array(), ...array_values( $comments ) ) as $id ) {
			$items[] = array( 'comment', $id );
		}
		foreach ( Flamingo::ids( $address ) as $id ) {
			$items[] = array( 'entry', $id );
		}
		return $items;
	}

	/**
	 * One item in WordPress's shape.
	 *
	 * @param array $item Kind and id.
	 */
	private static function shown( array $item ): array {
		list( $kind, $id ) = $item;
		if ( 'comment' === $kind ) {
			return array(
				'group_id'    => 'samtykke-comments',
				'group_label' => __( 'Comments in spam and trash', 'samtykke' ),
				'item_id'     => "comment-{$id}",
				'data'        => self::comment( $id ),
			);
		}
		return array(
			'group_id'    => 'samtykke-entries',
			'group_label' => __( 'Form entries', 'samtykke' ),
			'item_id'     => "entry-{$id}",
			'data'        => array_merge( self::entry( $id ), Flamingo::fields( $id ) ),
		);
	}

	/**
	 * What a comment says.
	 *
	 * @param int $id Of the comment.
	 */
	private static function comment( int $id ): array {
		$comment = get_comment( $id );
		return self::pairs(
			array(
				__( 'Name', 'samtykke' )       => $comment->comment_author,
				__( 'E-mail', 'samtykke' )     => $comment->comment_author_email,
				__( 'Website', 'samtykke' )    => $comment->comment_author_url,
				__( 'IP address', 'samtykke' ) => $comment->comment_author_IP,
				__( 'Browser', 'samtykke' )    => $comment->comment_agent,
				__( 'Time', 'samtykke' )       => $comment->comment_date,
				__( 'Status', 'samtykke' )     => $comment->comment_approved,
				__( 'Text', 'samtykke' )       => $comment->comment_content,
			)
		);
	}

	/**
	 * What an entry says besides its fields.
	 *
	 * @param int $id Of the entry.
	 */
	private static function entry( int $id ): array {
		$post = get_post( $id );
		return self::pairs(
			array(
				__( 'Time', 'samtykke' )   => $post->post_date,
				__( 'Status', 'samtykke' ) => $post->post_status,
				__( 'Title', 'samtykke' )  => $post->post_title,
				__( 'Text', 'samtykke' )   => $post->post_content,
			)
		);
	}

	/**
	 * Names and values in WordPress's shape; what is empty is left out.
	 *
	 * @param array<string, string> $values By name.
	 */
	private static function pairs( array $values ): array {
		$pairs = array();
		foreach ( array_filter( $values, 'strlen' ) as $name => $value ) {
			$pairs[] = compact( 'name', 'value' );
		}
		return $pairs;
	}
}
