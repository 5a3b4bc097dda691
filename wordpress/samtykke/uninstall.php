<?php
/**
 * Leaves nothing behind: settings, keys, seen nonces and cached forms.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

/**
 * Removes what one site keeps.
 */
function remove_everything() {
	global $wpdb;
	// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- options have no function that removes by prefix.
	$names = $wpdb->get_col( $wpdb->prepare( "SELECT option_name FROM {$wpdb->options} WHERE option_name LIKE %s OR option_name LIKE %s OR option_name LIKE %s", $wpdb->esc_like( 'samtykke_' ) . '%', $wpdb->esc_like( '_transient_samtykke_' ) . '%', $wpdb->esc_like( '_transient_timeout_samtykke_' ) . '%' ) );
	array_map( 'delete_option', $names );
	wp_unschedule_hook( 'samtykke_hand_over' );
	delete_metadata( 'user', 0, 'samtykke_restricted', '', true );
	delete_metadata( 'comment', 0, '_samtykke_status', '', true );
}

if ( is_multisite() ) {
	foreach ( get_sites(
		array(
			'fields' => 'ids',
			'number' => 0,
		)
	) as $samtykke_site ) {
		switch_to_blog( $samtykke_site );
		remove_everything();
		restore_current_blog();
	}
} else {
	remove_everything();
}
