<?php
// php install.php SITE: a fresh site with the plugin, the service user, and a table that a plugin might have made.
$_SERVER['HTTP_HOST']       = preg_replace( '~^https?://~', '', getenv( 'WP_URL' ) );
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$_SERVER['REQUEST_METHOD']  = 'GET';
$_SERVER['REQUEST_URI']     = '/';
define( 'WP_INSTALLING', true );
require $argv[1] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';
add_filter( 'pre_wp_mail', '__return_true' );
wp_install( 'Fjordlys', 'boss', 'boss@fjordlys.example', true, '', 'boss-password-1' );
wp_insert_user(
	array(
		'user_login' => 'samtykke',
		'user_email' => 'samtykke@fjordlys.example',
		'user_pass'  => wp_generate_password(),
		'role'       => 'administrator',
	)
);
update_option( 'samtykke_settings', array( 'service' => '', 'user' => 'samtykke' ) );
$failed = activate_plugin( 'samtykke/samtykke.php' );
if ( is_wp_error( $failed ) ) {
	fwrite( STDERR, $failed->get_error_message() );
	exit( 1 );
}
switch_theme( 'plain' );
$GLOBALS['wpdb']->query( 'CREATE TABLE wp_entries (id BIGINT NOT NULL AUTO_INCREMENT, email VARCHAR(200) NOT NULL, note LONGTEXT NOT NULL, PRIMARY KEY (id))' );
echo wp_json_encode( array( 'wordpress' => get_bloginfo( 'version' ), 'php' => PHP_VERSION ) );
