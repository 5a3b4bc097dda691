<?php
/**
 * Requests that people confirm in WordPress go on to the service.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

/**
 * Whoever opens the link of WordPress's own letter has asked to be erased: the service hears of it at once.
 *
 * An administrator may press the button under Tools days later, and the law counts from the day she asked.
 */
final class Hand_Over {

	const AGAIN = 'samtykke_hand_over';
	const TRIES = 6;
	const WAIT  = 600; // Seconds before the second try; then twice as long each time.

	/**
	 * Registers both ways here: the person's click, and the clock.
	 */
	public static function register() {
		add_action( 'user_request_action_confirmed', array( self::class, 'confirmed' ), 20 );
		add_action( self::AGAIN, array( self::class, 'tell' ), 10, 2 );
	}

	/**
	 * A person has opened the link.
	 *
	 * @param int $request_id Of her request.
	 */
	public static function confirmed( $request_id ) {
		self::tell( (int) $request_id, 1 );
	}

	/**
	 * Tells the service, and tries again later where it does not answer.
	 *
	 * @param int $request_id Of the request.
	 * @param int $number     Of this try, from 1.
	 */
	public static function tell( $request_id, $number ) {
		$request = wp_get_user_request( $request_id );
		if ( ! Settings::service() || ! $request || 'remove_personal_data' !== $request->action_name || 'request-confirmed' !== $request->status ) {
			return;
		}
		if ( is_wp_error( Service_Privacy::hand_over( $request->email ) ) && $number < self::TRIES ) {
			wp_schedule_single_event( time() + self::WAIT * 2 ** ( $number - 1 ), self::AGAIN, array( (int) $request_id, $number + 1 ) );
		}
	}
}
