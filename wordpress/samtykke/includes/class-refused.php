<?php
/**
 * A call that is turned down.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

/**
 * The message is a code that tells nothing of a person; the number is the HTTP status.
 */
final class Refused extends \RuntimeException {

	/**
	 * What the caller may want to know besides the code.
	 *
	 * @var array
	 */
	public $more;

	/**
	 * Makes a refusal.
	 *
	 * @param string $code   What is wrong, one word.
	 * @param int    $status HTTP status.
	 * @param array  $more   Facts that help to mend it.
	 */
	public function __construct( string $code, int $status, array $more = array() ) {
		parent::__construct( $code, $status );
		$this->more = $more;
	}
}
