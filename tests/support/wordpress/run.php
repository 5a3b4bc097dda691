<?php
// php run.php SITE CODE: runs PHP inside WordPress, as in the admin pages, and prints what it returns as JSON.
$_SERVER['HTTP_HOST']       = preg_replace( '~^https?://~', '', getenv( 'WP_URL' ) );
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$_SERVER['REQUEST_METHOD']  = 'GET';
$_SERVER['REQUEST_URI']     = '/wp-admin/';
define( 'WP_ADMIN', true );
require $argv[1] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/admin.php';
echo "\n", wp_json_encode( eval( $argv[2] ) );
