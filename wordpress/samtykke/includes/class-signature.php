<?php
/**
 * Signatures of calls and answers, in both directions.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

/**
 * HMAC-SHA256 (RFC 2104) in hexadecimal over lines that name the method, the action, the time, the nonce and the body.
 */
final class Signature {

	/**
	 * Signs a call. Actions of ours are names, those of the service are paths: neither can be taken for the other.
	 *
	 * @param string $secret The shared secret.
	 * @param string $action What is called.
	 * @param string $at     Unix seconds, as they are sent.
	 * @param string $nonce  A number used once.
	 * @param string $body   The exact text that is sent.
	 */
	public static function of_call( string $secret, string $action, string $at, string $nonce, string $body ): string {
		return self::sign( $secret, array( 'POST', $action, $at, $nonce, hash( 'sha256', $body ) ) );
	}

	/**
	 * Signs an answer. It is bound to the nonce of its call, so that no cache can answer for us.
	 *
	 * @param string $secret The shared secret.
	 * @param string $action What was called.
	 * @param string $nonce  The nonce of the call.
	 * @param string $body   The exact text that is answered.
	 */
	public static function of_answer( string $secret, string $action, string $nonce, string $body ): string {
		return self::sign( $secret, array( 'ANSWER', $action, $nonce, hash( 'sha256', $body ) ) );
	}

	/**
	 * Signs lines.
	 *
	 * @param string   $secret The shared secret.
	 * @param string[] $lines  What is bound.
	 */
	private static function sign( string $secret, array $lines ): string {
		return hash_hmac( 'sha256', implode( "\n", $lines ), $secret );
	}
}
