<?php
/**
 * Whoever has proven to be the service.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

/**
 * What a verified call says.
 */
final class Caller {

	/**
	 * Name of the action.
	 *
	 * @var string
	 */
	public $action;

	/**
	 * The nonce of the call.
	 *
	 * @var string
	 */
	public $nonce;

	/**
	 * The secret it was signed with, and the answer will be.
	 *
	 * @var string
	 */
	public $secret;

	/**
	 * What the body says.
	 *
	 * @var array
	 */
	public $says;

	/**
	 * Keeps what was verified.
	 *
	 * @param string $action Name of the action.
	 * @param string $nonce  The nonce of the call.
	 * @param string $secret The secret of its key.
	 * @param array  $says   What the body says.
	 */
	public function __construct( string $action, string $nonce, string $secret, array $says ) {
		$this->action = $action;
		$this->nonce  = $nonce;
		$this->secret = $secret;
		$this->says   = $says;
	}

	/**
	 * The address the call is about.
	 *
	 * @throws Refused When it names none.
	 */
	public function address(): Address {
		return new Address( $this->text( 'email' ) );
	}

	/**
	 * A text of the body; empty when it is missing.
	 *
	 * @param string $name Its name.
	 */
	public function text( string $name ): string {
		return isset( $this->says[ $name ] ) && is_string( $this->says[ $name ] ) ? $this->says[ $name ] : '';
	}

	/**
	 * A page number, at least 1.
	 */
	public function page(): int {
		return isset( $this->says['page'] ) && is_int( $this->says['page'] ) ? max( 1, $this->says['page'] ) : 1;
	}

	/**
	 * Yes or no.
	 *
	 * @param string $name Its name.
	 */
	public function yes( string $name ): bool {
		return isset( $this->says[ $name ] ) && true === $this->says[ $name ];
	}
}
