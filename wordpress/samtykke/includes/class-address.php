<?php
/**
 * One e-mail address.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

/**
 * Compares an address with what is stored.
 *
 * Databases compare loosely (to MySQL an å may be an a), so they only choose candidates: what is equal is decided here.
 */
final class Address {

	/**
	 * The address in small letters.
	 *
	 * @var string
	 */
	public $text;

	/**
	 * Reads an address.
	 *
	 * @param string $text As it came.
	 * @throws Refused When it is no address.
	 */
	public function __construct( string $text ) {
		$this->text = self::small( $text );
		if ( strlen( $this->text ) > 320 || ! preg_match( '/^[^\s@]+@[^\s@]+$/', $this->text ) ) {
			throw new Refused( 'not_an_address', 422 );
		}
	}

	/**
	 * Is this stored text the address and nothing else?
	 *
	 * @param mixed $stored A value from the database.
	 */
	public function is( $stored ): bool {
		return is_string( $stored ) && self::small( $stored ) === $this->text;
	}

	/**
	 * Does this text name the address? `okari@example.no` does not name `kari@example.no`.
	 *
	 * @param mixed $stored A value from the database.
	 */
	public function is_named_in( $stored ): bool {
		$pattern = '/(?<![\w.+%-])' . preg_quote( $this->text, '/' ) . '(?![\w-]|\.\w)/';
		return is_string( $stored ) && 1 === preg_match( $pattern, self::small( $stored ) );
	}

	/**
	 * What LIKE needs to find every text that may name the address.
	 */
	public function like(): string {
		global $wpdb;
		return '%' . $wpdb->esc_like( $this->text ) . '%';
	}

	/**
	 * Small letters, without spaces around.
	 *
	 * @param string $text Any text.
	 */
	private static function small( string $text ): string {
		$text = trim( $text );
		return function_exists( 'mb_strtolower' ) ? mb_strtolower( $text, 'UTF-8' ) : strtolower( $text );
	}
}
