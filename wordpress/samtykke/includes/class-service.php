<?php
/**
 * Calls to the service.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

/**
 * Nothing is called before an administrator has written the service's address down.
 */
final class Service {

	const TIMEOUT = 10; // Seconds.

	/**
	 * Posts signed JSON and returns what the answer says.
	 *
	 * The headers are X-Samtykke-Key, -At (Unix seconds), -Nonce and -Signature, the last over method, path, time, nonce
	 * and the SHA-256 of the body.
	 *
	 * @param string $path Like /webhooks/wordpress/export.
	 * @param array  $says The body.
	 * @return array|\WP_Error With the code not_connected, unreachable, not_there, refused or failed.
	 */
	public static function ask( string $path, array $says ) {
		$keys = Keys::all();
		if ( ! Settings::service() || ! $keys ) {
			return new \WP_Error( 'not_connected', __( 'Samtykke is not connected yet.', 'samtykke' ) );
		}
		$body = (string) wp_json_encode( $says + array( 'site' => home_url() ) );
		return self::read(
			wp_remote_post(
				Settings::service() . $path,
				array(
					'timeout'     => self::TIMEOUT,
					'redirection' => 0,
					'headers'     => self::signed( $keys, $path, $body ),
					'body'        => $body,
				)
			)
		);
	}

	/**
	 * Reads something public.
	 *
	 * @param string $path With its query.
	 * @return array|\WP_Error As `ask`.
	 */
	public static function read_public( string $path ) {
		$how = array(
			'timeout'     => self::TIMEOUT / 2,
			'redirection' => 0,
			'headers'     => array( 'Accept' => 'application/json' ),
		);
		return self::read( wp_remote_get( Settings::service() . $path, $how ) );
	}

	/**
	 * Headers of a signed call, with the newest key.
	 *
	 * @param array<string, string> $keys Key id to secret.
	 * @param string                $path What is called.
	 * @param string                $body The exact text.
	 * @return array<string, string>
	 */
	private static function signed( array $keys, string $path, string $body ): array {
		$at    = (string) time();
		$nonce = bin2hex( random_bytes( 16 ) );
		return array(
			'Content-Type'         => 'application/json',
			'Accept'               => 'application/json',
			'X-Samtykke-Key'       => (string) array_key_last( $keys ),
			'X-Samtykke-At'        => $at,
			'X-Samtykke-Nonce'     => $nonce,
			'X-Samtykke-Signature' => Signature::of_call( end( $keys ), $path, $at, $nonce, $body ),
		);
	}

	/**
	 * What an answer says.
	 *
	 * @param array|\WP_Error $response Of the HTTP call.
	 * @return array|\WP_Error
	 */
	private static function read( $response ) {
		if ( is_wp_error( $response ) ) {
			return new \WP_Error( 'unreachable', __( 'Samtykke did not answer. Please try again later.', 'samtykke' ) );
		}
		$status = (int) wp_remote_retrieve_response_code( $response );
		if ( 404 === $status || 410 === $status ) {
			return new \WP_Error( 'not_there', __( 'The service answers, but does not offer this yet.', 'samtykke' ), $status );
		}
		if ( 401 === $status || 403 === $status ) {
			return new \WP_Error( 'refused', __( 'The service does not accept our key. Compare key id and secret on both sides.', 'samtykke' ) );
		}
		$says = json_decode( wp_remote_retrieve_body( $response ), true );
		if ( $status < 200 || $status >= 300 || ! is_array( $says ) ) {
			/* translators: %d: a number like 503 that a server answers with. */
			return new \WP_Error( 'failed', sprintf( __( 'The service answered with an error (%d).', 'samtykke' ), $status ) );
		}
		return $says;
	}
}
