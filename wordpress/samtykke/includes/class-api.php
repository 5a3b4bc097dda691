<?php
/**
 * What the service may ask of this site.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

/**
 * Answers over admin-ajax.php, where the privacy hooks of all plugins are registered; over REST most are not.
 */
final class Api {

	const ACTIONS = array( 'coverage', 'find', 'export', 'erase', 'erase_own', 'purge_traces', 'rectify', 'restrict' );

	/**
	 * Listens, whether the caller happens to be signed in or not.
	 */
	public static function register() {
		foreach ( self::ACTIONS as $name ) {
			add_action( "wp_ajax_nopriv_samtykke_{$name}", array( self::class, 'handle' ) );
			add_action( "wp_ajax_samtykke_{$name}", array( self::class, 'handle' ) );
		}
	}

	/**
	 * Takes one call and ends the request.
	 */
	public static function handle() {
		ob_start();
		$action = preg_replace( '/^wp_ajax_(nopriv_)?/', '', current_action() );
		try {
			$caller = Gate::open( $action );
		} catch ( Refused $refused ) {
			self::refuse( $refused );
			return;
		}
		list( $status, $answer ) = self::perform( $caller );
		wp_set_current_user( 0 );
		self::answer( $caller, $status, $answer );
	}

	/**
	 * Does what is asked, as the service user.
	 *
	 * @param Caller $caller Who asks for what.
	 * @return array Status and answer.
	 */
	private static function perform( Caller $caller ): array {
		try {
			Gate::become( $caller->text( 'user' ) );
			$verb = preg_replace( '/^samtykke_/', '', $caller->action );
			update_option( Settings::SEEN, (string) time(), false );
			return array( 200, self::$verb( $caller ) );
		} catch ( Refused $refused ) {
			return array( $refused->getCode(), array( 'error' => $refused->getMessage() ) + $refused->more );
		} catch ( \Throwable $error ) {
			return array(
				500,
				array(
					'error' => 'threw',
					'where' => get_class( $error ) . ' in ' . wp_basename( $error->getFile() ) . ':' . $error->getLine(),
				),
			);
		}
	}

	/**
	 * Versions, plugins, exporters and erasers.
	 */
	private static function coverage(): array {
		return Plugins::coverage();
	}

	/**
	 * Everything that is held, by kind and status.
	 *
	 * @param Caller $caller With email.
	 */
	private static function find( Caller $caller ): array {
		return Finder::find( $caller->address() );
	}

	/**
	 * One page of one exporter.
	 *
	 * @param Caller $caller With email, exporter, page.
	 */
	private static function export( Caller $caller ): array {
		return Hooks::export( $caller->text( 'exporter' ), $caller->address(), $caller->page() );
	}

	/**
	 * One page of one eraser.
	 *
	 * @param Caller $caller With email, eraser, page.
	 */
	private static function erase( Caller $caller ): array {
		return Hooks::erase( $caller->text( 'eraser' ), $caller->address(), $caller->page() );
	}

	/**
	 * What no eraser reaches, some at a time.
	 *
	 * @param Caller $caller With email and target.
	 * @return array With touched, refused, and how many are left.
	 * @throws Refused When the target is unknown.
	 */
	private static function erase_own( Caller $caller ): array {
		$address = $caller->address();
		switch ( $caller->text( 'target' ) ) {
			case 'signed_comments':
				return self::touched( Comments::delete( Comments::signed_in_the_text( $address ) ), Comments::signed_in_the_text( $address ) );
			case 'comments':
				return self::touched( Comments::delete( Comments::ids( $address ) ), Comments::ids( $address ) );
			case 'flamingo':
				return self::touched( Flamingo::delete( Flamingo::ids( $address ) ), Flamingo::ids( $address ) );
			case 'user':
				return Users::delete( $address ) + array( 'left' => count( Users::ids( $address ) ) );
			default:
				throw new Refused( 'unknown_target', 422 );
		}
	}

	/**
	 * Requests, archives and cursors.
	 *
	 * @param Caller $caller With email.
	 */
	private static function purge_traces( Caller $caller ): array {
		return Traces::purge( $caller->address() );
	}

	/**
	 * Corrects address and names. With `fill`, names are only written where there are none.
	 *
	 * @param Caller $caller With email, and new_email, first_name, last_name where known.
	 */
	private static function rectify( Caller $caller ): array {
		$address = $caller->address();
		$right   = array();
		foreach ( array( 'first_name', 'last_name' ) as $name ) {
			$right[ $name ] = sanitize_text_field( $caller->text( $name ) );
		}
		$right    = array_filter( $right, 'strlen' );
		$comments = array();
		$known    = count( Users::ids( $address ) );
		if ( '' !== $caller->text( 'new_email' ) ) {
			$new            = new Address( $caller->text( 'new_email' ) );
			$right['email'] = $new->text;
			$comments       = Comments::move( $address, $new );
		}
		return Users::rectify( $address, $right, $caller->yes( 'fill' ) ) + compact( 'known', 'comments' );
	}

	/**
	 * Locks accounts and hides comments, or undoes both.
	 *
	 * @param Caller $caller With email and on.
	 */
	private static function restrict( Caller $caller ): array {
		$address = $caller->address();
		$on      = $caller->yes( 'on' );
		return array(
			'comments' => Comments::hide( $address, $on ),
			'users'    => Users::restrict( $address, $on ),
			'refused'  => array_values( array_diff( Users::ids( $address ), Users::without_rights( $address ) ) ),
		);
	}

	/**
	 * An answer of erase_own.
	 *
	 * @param int[] $touched Ids that are gone.
	 * @param int[] $left    Ids that are not.
	 */
	private static function touched( array $touched, array $left ): array {
		return array(
			'touched' => $touched,
			'refused' => array(),
			'left'    => count( $left ),
		);
	}

	/**
	 * Answers with a signature, so that whoever stands between cannot answer for us.
	 *
	 * @param Caller $caller Who asked.
	 * @param int    $status HTTP status.
	 * @param array  $answer What to say.
	 */
	private static function answer( Caller $caller, int $status, array $answer ) {
		$text = (string) wp_json_encode( $answer, JSON_INVALID_UTF8_SUBSTITUTE );
		self::send(
			$status,
			array(
				'answer'    => $text,
				'signature' => Signature::of_answer( $caller->secret, $caller->action, $caller->nonce, $text ),
			)
		);
	}

	/**
	 * Refuses somebody who has not proven to be the service: there is no key to sign with.
	 *
	 * @param Refused $refused Why.
	 */
	private static function refuse( Refused $refused ) {
		self::send( $refused->getCode(), array( 'error' => $refused->getMessage() ) + $refused->more );
	}

	/**
	 * Sends JSON that nobody may keep, without what other plugins printed before it.
	 *
	 * @param int   $status HTTP status.
	 * @param array $data   What to send.
	 */
	private static function send( int $status, array $data ) {
		while ( ob_get_level() > 0 && ob_end_clean() ) {
			continue;
		}
		if ( ! headers_sent() ) {
			header( 'Cache-Control: no-store, private' );
		}
		wp_send_json( $data, $status );
	}
}
