<?php
/**
 * Plugin Name:       Samtykke
 * Description:       Forms with honest consent, and the same person's data found, shown and erased here when the Samtykke service asks.
 * Version:           1.0.0
 * Requires at least: 6.1
 * Requires PHP:      7.4
 * Author:            Samtykke
 * License:           GPL-2.0-or-later
 * License URI:       https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain:       samtykke
 * Domain Path:       /languages
 * Update URI:        false
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

define( 'SAMTYKKE_VERSION', '1.0.0' );
define( 'SAMTYKKE_FILE', __FILE__ );

foreach ( array( 'address', 'settings', 'keys', 'signature', 'refused', 'caller', 'gate', 'comments', 'flamingo', 'users', 'posts', 'tables', 'traces', 'finder', 'plugins', 'hooks', 'own-exporter', 'api', 'service', 'service-privacy', 'hand-over', 'form', 'block', 'privacy-link', 'settings-page', 'site-health' ) as $samtykke_part ) {
	require_once __DIR__ . "/includes/class-{$samtykke_part}.php";
}

add_action( 'init', array( Settings::class, 'load_words' ), 1 );

Api::register();
Own_Exporter::register();
Service_Privacy::register();
Hand_Over::register();
Users::register();
Block::register();
Privacy_Link::register();
Settings_Page::register();
Site_Health::register();
