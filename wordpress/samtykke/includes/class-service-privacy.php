<?php
/**
 * The service's own data in WordPress's privacy tools.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

/**
 * Whoever exports or erases a person under Tools also reaches what Samtykke holds.
 *
 * The service answers in WordPress's own shapes: `POST /webhooks/wordpress/export` with email and page gives data and
 * done; `/erase` gives items_removed, items_retained, messages and done.
 */
final class Service_Privacy {

	const KEY = 'samtykke-service';

	/**
	 * Registers both with WordPress.
	 */
	public static function register() {
		add_filter( 'wp_privacy_personal_data_exporters', array( self::class, 'add_exporter' ) );
		add_filter( 'wp_privacy_personal_data_erasers', array( self::class, 'add_eraser' ) );
		add_action( 'admin_init', array( self::class, 'suggest_policy' ) );
	}

	/**
	 * Adds the exporter, once connected.
	 *
	 * @param array $exporters Those before.
	 */
	public static function add_exporter( $exporters ): array {
		$ours = array(
			'exporter_friendly_name' => __( 'Samtykke: consents and submissions', 'samtykke' ),
			'callback'               => array( self::class, 'export' ),
		);
		return (array) $exporters + ( Settings::service() ? array( self::KEY => $ours ) : array() );
	}

	/**
	 * Adds the eraser, once connected.
	 *
	 * @param array $erasers Those before.
	 */
	public static function add_eraser( $erasers ): array {
		$ours = array(
			'eraser_friendly_name' => __( 'Samtykke: consents and submissions', 'samtykke' ),
			'callback'             => array( self::class, 'erase' ),
		);
		return (array) $erasers + ( Settings::service() ? array( self::KEY => $ours ) : array() );
	}

	/**
	 * One page of what the service holds.
	 *
	 * @param string $email Whose.
	 * @param int    $page  From 1.
	 * @return array|\WP_Error
	 */
	public static function export( $email, $page = 1 ) {
		$answer = self::ask( 'export', $email, $page );
		if ( is_wp_error( $answer ) && 'not_there' === $answer->get_error_code() ) {
			return array(
				'data' => array( self::note() ),
				'done' => true,
			);
		}
		if ( is_wp_error( $answer ) || ( isset( $answer['data'], $answer['done'] ) && is_array( $answer['data'] ) ) ) {
			return $answer;
		}
		return self::not_understood();
	}

	/**
	 * Asks the service to erase.
	 *
	 * @param string $email Whose.
	 * @param int    $page  From 1.
	 * @return array|\WP_Error
	 */
	public static function erase( $email, $page = 1 ) {
		$answer = self::ask( 'erase', $email, $page );
		if ( is_wp_error( $answer ) && 'not_there' === $answer->get_error_code() ) {
			return array(
				'items_removed'  => false,
				'items_retained' => true,
				'messages'       => array( self::elsewhere() ),
				'done'           => true,
			);
		}
		if ( is_wp_error( $answer ) || ( isset( $answer['items_removed'], $answer['items_retained'], $answer['done'], $answer['messages'] ) && is_array( $answer['messages'] ) ) ) {
			return $answer;
		}
		return self::not_understood();
	}

	/**
	 * Tells the service that a person has asked to be erased, and proved by mail that the address is hers.
	 *
	 * @param string $email Whose.
	 * @return array|\WP_Error
	 */
	public static function hand_over( string $email ) {
		$answer = self::ask( 'erase', $email, 1, array( 'confirmed' => true ) );
		return is_wp_error( $answer ) && 'not_there' === $answer->get_error_code() ? array() : $answer;
	}

	/**
	 * A paragraph for the privacy policy guide.
	 */
	public static function suggest_policy() {
		$text = __( 'When you send one of our forms, what you write goes to the Samtykke service that we run for this purpose, and not into the database of this website. There we also keep what you have consented to and when. The forms set no cookies.', 'samtykke' );
		wp_add_privacy_policy_content( 'Samtykke', wp_kses_post( wpautop( $text ) ) );
	}

	/**
	 * Asks about one person.
	 *
	 * @param string $verb  `export` or `erase`.
	 * @param string $email Whose.
	 * @param int    $page  From 1.
	 * @param array  $more  What else is said.
	 * @return array|\WP_Error
	 */
	private static function ask( string $verb, $email, $page, array $more = array() ) {
		return Service::ask(
			"/webhooks/wordpress/{$verb}",
			array(
				'email' => (string) $email,
				'page'  => max( 1, (int) $page ),
			) + $more
		);
	}

	/**
	 * What stands in an export that could not be made here.
	 */
	private static function note(): array {
		return array(
			'group_id'    => self::KEY,
			'group_label' => __( 'Samtykke: consents and submissions', 'samtykke' ),
			'item_id'     => self::KEY,
			'data'        => array(
				array(
					'name'  => __( 'Not included', 'samtykke' ),
					'value' => self::elsewhere(),
				),
			),
		);
	}

	/**
	 * Where it can be done instead.
	 */
	private static function elsewhere(): string {
		/* translators: %s: web address of the staff pages. */
		return sprintf( __( 'Samtykke holds its own data about persons, and cannot be asked for it from here yet. Do it on its staff pages: %s', 'samtykke' ), Settings::service() . '/admin/' );
	}

	/**
	 * An answer that is none.
	 */
	private static function not_understood(): \WP_Error {
		return new \WP_Error( 'failed', __( 'The service gave an answer that we do not understand.', 'samtykke' ) );
	}
}
