<?php
/**
 * The way to the page where people see, correct and erase what is known about them.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

/**
 * `[samtykke_privacy]`, or the block called Samtykke privacy page.
 *
 * A plain link: the page itself stands at the service, so that nothing anybody writes there passes through this site.
 */
final class Privacy_Link {

	const PATHS = array( 'nb' => '/personvern' );

	/**
	 * Registers both.
	 */
	public static function register() {
		add_shortcode( 'samtykke_privacy', array( self::class, 'shortcode' ) );
		add_action( 'init', array( self::class, 'register_block' ) );
	}

	/**
	 * Registers the block.
	 */
	public static function register_block() {
		register_block_type( dirname( SAMTYKKE_FILE ) . '/blocks/privacy', array( 'render_callback' => array( self::class, 'render' ) ) );
		wp_set_script_translations( 'samtykke-privacy-editor-script', 'samtykke', dirname( SAMTYKKE_FILE ) . '/languages' );
	}

	/**
	 * The shortcode.
	 *
	 * @param array|string $given Its attributes.
	 */
	public static function shortcode( $given ): string {
		$wanted = array(
			'lang' => '',
			'text' => '',
		);
		return self::html( shortcode_atts( $wanted, (array) $given, 'samtykke_privacy' ) );
	}

	/**
	 * The block.
	 *
	 * @param array $given Its attributes.
	 */
	public static function render( $given ): string {
		$html = self::html( (array) $given );
		return $html ? sprintf( '<div %s>%s</div>', get_block_wrapper_attributes(), $html ) : '';
	}

	/**
	 * Where the page is.
	 *
	 * @param string $lang `nb`, `en`, or empty for the language of the page.
	 */
	public static function url( string $lang = '' ): string {
		$lang = $lang ? $lang : Form::language();
		return Settings::service() . ( self::PATHS[ $lang ] ?? '/privacy' );
	}

	/**
	 * The link.
	 *
	 * @param array $given `lang` chooses the language of the page, `text` the words of the link.
	 */
	private static function html( array $given ): string {
		if ( ! Settings::service() ) {
			return Form::hint( __( 'Samtykke: connect the service under Settings.', 'samtykke' ) );
		}
		$text = trim( (string) ( $given['text'] ?? '' ) );
		$text = '' === $text ? __( 'See, correct or delete what we know about you', 'samtykke' ) : $text;
		return sprintf( '<p class="samtykke-privacy"><a class="wp-element-button" href="%s">%s</a></p>', esc_url( self::url( (string) ( $given['lang'] ?? '' ) ) ), esc_html( $text ) );
	}
}
