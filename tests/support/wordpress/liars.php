<?php
// Erasers and exporters with the habits of real ones. The option `liars` names those that are installed.

function liar_rows( string $email, int $from ): array {
	global $wpdb;
	return $wpdb->get_col( $wpdb->prepare( 'SELECT id FROM wp_entries WHERE email = %s ORDER BY id LIMIT 50 OFFSET %d', $email, $from ) );
}

function liar_delete( array $ids ): bool {
	global $wpdb;
	foreach ( $ids as $id ) {
		$wpdb->delete( 'wp_entries', array( 'id' => $id ) );
	}
	return (bool) $ids;
}

function liar_says( bool $removed, bool $retained, bool $done ): array {
	return array( 'items_removed' => $removed, 'items_retained' => $retained, 'messages' => array(), 'done' => $done );
}

$liars = array(
	// Deletes a page and then asks for the next one of what is left: says done with half of it there.
	'skips'         => function ( $email, $page ) {
		$ids = liar_rows( $email, ( $page - 1 ) * 50 );
		return liar_says( liar_delete( $ids ), false, count( $ids ) < 50 );
	},
	// Deletes nothing and says that nothing is retained.
	'does-nothing'  => function () {
		return liar_says( true, false, true );
	},
	// Never says done.
	'endless'       => function () {
		return liar_says( false, true, false );
	},
	// Never says done, and words it differently each time.
	'chatters'      => function ( $email, $page ) {
		return array( 'messages' => array( "page $page" ) ) + liar_says( false, true, false );
	},
	// Says that something was removed where there was nothing.
	'boasts'        => function () {
		return liar_says( true, false, true );
	},
	// Says that something is retained where there was nothing.
	'retains'       => function () {
		return liar_says( false, true, true );
	},
	// Throws, with the address in the message.
	'throws'        => function ( $email ) {
		throw new TypeError( "cannot erase $email" );
	},
	// Answers with an error object that names the address.
	'refuses'       => function ( $email ) {
		return new WP_Error( 'no', "not $email" );
	},
	// Answers in a shape of its own.
	'misshapen'     => function () {
		return array( 'ok' => true );
	},
	// Prints before it answers.
	'prints'        => function () {
		echo "<br />Warning: something about a variable in entries.php on line 7\n";
		return liar_says( false, false, true );
	},
	// Works only for whoever may delete users, and never ends for others.
	'asks-for-rights' => function ( $email ) {
		if ( ! current_user_can( 'delete_users' ) ) {
			return liar_says( false, true, false );
		}
		return liar_says( liar_delete( liar_rows( $email, 0 ) ), false, ! liar_rows( $email, 0 ) );
	},
);

// As many plugins do: only in the admin pages, and only when they begin.
add_action(
	'admin_init',
	function () use ( $liars ) {
		add_filter(
			'wp_privacy_personal_data_erasers',
			function ( $erasers ) use ( $liars ) {
				foreach ( array_intersect_key( $liars, array_flip( (array) get_option( 'liars', array() ) ) ) as $key => $callback ) {
					$erasers[ $key ] = array( 'eraser_friendly_name' => $key, 'callback' => $callback );
				}
				return $erasers;
			}
		);
	}
);

$showing = array(
	'endless-export' => function ( $email, $page ) {
		return array( 'data' => array(), 'done' => false );
	},
	'throws-export'  => function ( $email ) {
		throw new RuntimeException( "cannot show $email" );
	},
	// Leaves out what is empty, and with it the numbers of the list.
	'holes-export'   => function ( $email ) {
		$data = array_filter( array( array( 'name' => 'Phone', 'value' => '' ), array( 'name' => 'E-mail', 'value' => $email ) ), function ( $pair ) { return '' !== $pair['value']; } );
		return array( 'data' => array( array( 'group_id' => 'h', 'group_label' => 'Holes', 'item_id' => '1', 'data' => $data ) ), 'done' => true );
	},
	'hidden-store'   => function ( $email ) {
		$item = array( 'group_id' => 'hidden', 'group_label' => 'Hidden', 'item_id' => '1', 'data' => array( array( 'name' => 'E-mail', 'value' => $email ) ) );
		return array( 'data' => array( $item ), 'done' => true );
	},
);

add_filter(
	'wp_privacy_personal_data_exporters',
	function ( $exporters ) use ( $showing ) {
		foreach ( array_intersect_key( $showing, array_flip( (array) get_option( 'liars', array() ) ) ) as $key => $callback ) {
			$exporters[ $key ] = array( 'exporter_friendly_name' => $key, 'callback' => $callback );
		}
		return $exporters;
	}
);
