<?php
/**
 * Accounts.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

// phpcs:disable WordPress.DB.DirectDatabaseQuery -- the table is read as it is.

/**
 * Accounts of readers and customers are deleted, changed and locked; those of people who work here never are.
 */
final class Users {

	const RESTRICTED = 'samtykke_restricted';
	const HARMLESS   = array( 'read', 'level_0', 'subscriber', 'customer' );
	const NOT_HERS   = array( 'user_request', 'flamingo_inbound', 'flamingo_contact', 'flamingo_outbound', 'oembed_cache', 'revision' );

	/**
	 * Keeps locked accounts out.
	 */
	public static function register() {
		add_filter( 'wp_authenticate_user', array( self::class, 'keep_out' ) );
		add_filter( 'wp_is_application_passwords_available_for_user', array( self::class, 'may_use_passwords' ), 10, 2 );
	}

	/**
	 * What is held, for `find`.
	 *
	 * @param Address $address Whose.
	 */
	public static function held( Address $address ): array {
		return Finder::groups( 'user', array( '' => self::ids( $address ) ) );
	}

	/**
	 * Ids of accounts with this address, or with the address as login name.
	 *
	 * @param Address $address Whose.
	 * @return int[]
	 */
	public static function ids( Address $address ): array {
		global $wpdb;
		$found = array();
		foreach ( $wpdb->get_results( $wpdb->prepare( "SELECT ID, user_login, user_email FROM {$wpdb->users} WHERE LOWER(user_email) = %s OR LOWER(user_login) = %s ORDER BY ID", $address->text, $address->text ) ) as $row ) {
			if ( $address->is( $row->user_email ) || $address->is( $row->user_login ) ) {
				$found[] = (int) $row->ID;
			}
		}
		return $found;
	}

	/**
	 * Those of them that may only read.
	 *
	 * @param Address $address Whose.
	 * @return int[]
	 */
	public static function without_rights( Address $address ): array {
		$plain = static function ( int $id ): bool {
			return ! self::has_rights( $id );
		};
		return array_values( array_filter( self::ids( $address ), $plain ) );
	}

	/**
	 * Other accounts that name the address somewhere: a human must look at them.
	 *
	 * @param Address $address Whose.
	 * @return int[]
	 */
	public static function mentions( Address $address ): array {
		global $wpdb;
		$like = $address->like();
		$rows = $wpdb->get_results( $wpdb->prepare( "SELECT user_id AS id, meta_value AS text FROM {$wpdb->usermeta} WHERE LOWER(meta_value) LIKE %s UNION ALL SELECT ID, display_name FROM {$wpdb->users} WHERE LOWER(display_name) LIKE %s UNION ALL SELECT ID, user_url FROM {$wpdb->users} WHERE LOWER(user_url) LIKE %s", $like, $like, $like ) );
		return array_values( array_diff( Finder::naming( $rows, $address ), self::ids( $address ) ) );
	}

	/**
	 * Deletes the accounts that may be deleted.
	 *
	 * @param Address $address Whose.
	 * @return array With `touched` ids, and `refused` as id and why.
	 */
	public static function delete( Address $address ): array {
		$touched = array();
		$refused = array();
		foreach ( self::ids( $address ) as $id ) {
			$why = self::why_not( $id );
			if ( '' === $why && wp_delete_user( $id ) ) {
				$touched[] = $id;
			} else {
				$refused[] = array(
					'id'  => $id,
					'why' => $why ? $why : 'failed',
				);
			}
		}
		return array(
			'touched' => $touched,
			'refused' => $refused,
		);
	}

	/**
	 * Changes address and name of accounts without rights. WordPress's letter to the old address is not sent.
	 *
	 * @param Address $address Whose.
	 * @param array   $right   `email`, `first_name`, `last_name` as they should be, each where known.
	 * @param bool    $fill    Only where there is nothing yet.
	 */
	public static function rectify( Address $address, array $right, bool $fill ): array {
		$touched = array();
		$refused = array();
		add_filter( 'send_email_change_email', '__return_false' );
		foreach ( self::ids( $address ) as $id ) {
			$why = self::has_rights( $id ) ? 'rights' : self::change( $id, $right, $fill );
			if ( '' === $why ) {
				$touched[] = $id;
			} elseif ( 'same' !== $why ) {
				$refused[] = compact( 'id', 'why' );
			}
		}
		remove_filter( 'send_email_change_email', '__return_false' );
		return compact( 'touched', 'refused' );
	}

	/**
	 * Locks accounts without rights, or lets them in again.
	 *
	 * @param Address $address Whose.
	 * @param bool    $on      Lock, or let in.
	 * @return int[]
	 */
	public static function restrict( Address $address, bool $on ): array {
		$ids = self::without_rights( $address );
		foreach ( $ids as $id ) {
			if ( $on ) {
				update_user_meta( $id, self::RESTRICTED, '1' );
				\WP_Session_Tokens::get_instance( $id )->destroy_all();
			} else {
				delete_user_meta( $id, self::RESTRICTED );
			}
		}
		return $ids;
	}

	/**
	 * Refuses the sign-in of a locked account.
	 *
	 * @param \WP_User|\WP_Error $user Who signs in.
	 * @return \WP_User|\WP_Error
	 */
	public static function keep_out( $user ) {
		if ( $user instanceof \WP_User && get_user_meta( $user->ID, self::RESTRICTED, true ) ) {
			return new \WP_Error( 'samtykke_restricted', __( 'This account is locked while a request about personal data is handled. Please contact us.', 'samtykke' ) );
		}
		return $user;
	}

	/**
	 * Refuses application passwords of a locked account.
	 *
	 * @param bool     $may  What others say.
	 * @param \WP_User $user Whose they are.
	 */
	public static function may_use_passwords( $may, $user ): bool {
		return $may && ! get_user_meta( $user->ID, self::RESTRICTED, true );
	}

	/**
	 * Why an account is not deleted; empty when it may be.
	 *
	 * WordPress deletes what an account has written together with it: whoever has written is left for a human.
	 *
	 * @param int $id Of the account.
	 */
	private static function why_not( int $id ): string {
		if ( self::has_rights( $id ) ) {
			return 'rights';
		}
		if ( is_multisite() ) {
			return 'network';
		}
		return self::has_written( $id ) ? 'written' : '';
	}

	/**
	 * May this account do more than read?
	 *
	 * @param int $id Of the account.
	 */
	private static function has_rights( int $id ): bool {
		/**
		 * Filters the capabilities and roles that reader accounts may have.
		 *
		 * @param string[] $harmless Names of capabilities and roles.
		 */
		$harmless = apply_filters( 'samtykke_harmless_capabilities', self::HARMLESS );
		$user     = new \WP_User( $id );
		return is_super_admin( $id ) || array_diff( array_keys( array_filter( $user->allcaps ) ), $harmless );
	}

	/**
	 * Has this account posts of its own?
	 *
	 * @param int $id Of the account.
	 */
	private static function has_written( int $id ): bool {
		global $wpdb;
		$types = "'" . implode( "','", self::NOT_HERS ) . "'";
		// phpcs:ignore WordPress.DB.PreparedSQL.InterpolatedNotPrepared -- the types are written above.
		return (bool) $wpdb->get_var( $wpdb->prepare( "SELECT COUNT(*) FROM {$wpdb->posts} WHERE post_author = %d AND post_type NOT IN ({$types})", $id ) );
	}

	/**
	 * Changes one account.
	 *
	 * @param int   $id    Of the account.
	 * @param array $right What should be there.
	 * @param bool  $fill  Only where there is nothing yet.
	 * @return string Empty when changed, `same` when there was nothing to do, otherwise why not.
	 */
	private static function change( int $id, array $right, bool $fill ): string {
		$user   = get_userdata( $id );
		$change = array();
		foreach ( $right as $name => $value ) {
			$field = 'email' === $name ? 'user_email' : $name;
			if ( $user->$field !== $value && ! ( $fill && '' !== $user->$field ) ) {
				$change[ $field ] = $value;
			}
		}
		if ( ! $change ) {
			return 'same';
		}
		$name = trim( "{$user->first_name} {$user->last_name}" );
		if ( '' !== $name && $user->display_name === $name ) { // What everybody sees is put together from the two.
			$change['display_name'] = trim( ( $change['first_name'] ?? $user->first_name ) . ' ' . ( $change['last_name'] ?? $user->last_name ) );
		}
		$done = wp_update_user( wp_slash( array( 'ID' => $id ) + $change ) );
		return is_wp_error( $done ) ? (string) $done->get_error_code() : '';
	}
}
