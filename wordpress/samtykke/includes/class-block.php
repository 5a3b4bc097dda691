<?php
/**
 * The block and the shortcode: two ways to the same form.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

/**
 * `[samtykke form="nyhetsbrev"]`, or the block called Samtykke form.
 */
final class Block {

	/**
	 * Registers both.
	 */
	public static function register() {
		add_shortcode( 'samtykke', array( self::class, 'shortcode' ) );
		add_action( 'init', array( self::class, 'register_block' ) );
	}

	/**
	 * Registers the block.
	 */
	public static function register_block() {
		register_block_type( dirname( SAMTYKKE_FILE ) . '/blocks/form', array( 'render_callback' => array( self::class, 'render' ) ) );
		wp_set_script_translations( 'samtykke-form-editor-script', 'samtykke', dirname( SAMTYKKE_FILE ) . '/languages' );
	}

	/**
	 * The shortcode.
	 *
	 * @param array|string $given Its attributes.
	 */
	public static function shortcode( $given ): string {
		$wanted = array(
			'form' => '',
			'lang' => '',
		);
		return self::html( shortcode_atts( $wanted, (array) $given, 'samtykke' ) );
	}

	/**
	 * The block.
	 *
	 * @param array $given Its attributes.
	 */
	public static function render( $given ): string {
		$html = self::html( $given );
		return $html ? sprintf( '<div %s>%s</div>', get_block_wrapper_attributes(), $html ) : '';
	}

	/**
	 * The form, with the script that lets it answer on the page. Without the script it works all the same.
	 *
	 * @param array $given `form` and `lang`.
	 */
	private static function html( array $given ): string {
		$html = Form::html( (string) ( $given['form'] ?? '' ), (string) ( $given['lang'] ?? '' ) );
		if ( Settings::service() && false !== strpos( $html, '<form' ) ) {
			// phpcs:ignore WordPress.WP.EnqueuedResourceParameters.MissingVersion -- the service's own cache headers say when there is a new one.
			wp_enqueue_script( 'samtykke-embed', Settings::service() . '/embed.js', array(), null, true );
		}
		return $html;
	}
}
