<?php
/**
 * A form as visitors see it.
 *
 * @package Samtykke
 */

namespace Samtykke;

defined( 'ABSPATH' ) || exit;

/**
 * Prints the form that the service describes, so that the words shown are the words it keeps as proof.
 *
 * Plain HTML that posts to the service and works without a script. It holds nothing that differs from visitor to
 * visitor, so pages with it may be cached.
 */
final class Form {

	const FRESH  = 600;               // Seconds for which a description is not asked for again.
	const KEPT   = MONTH_IN_SECONDS;  // How long an old one stands in while the service is away.
	const RETRY  = 60;                // Seconds between tries while it is away.
	const PREFIX = 'samtykke_form_';

	/**
	 * How many forms this page has had.
	 *
	 * @var int
	 */
	private static $count = 0;

	/**
	 * HTML of a form; a link where the service has never answered; nothing where there is no such form.
	 *
	 * @param string $slug Name of the form.
	 * @param string $lang `nb`, `en`, or empty for the language of the page.
	 */
	public static function html( string $slug, string $lang = '' ): string {
		if ( ! Settings::service() || ! preg_match( '/^[a-z0-9-]{1,64}$/', $slug ) ) {
			return self::hint( __( 'Samtykke: connect the service under Settings, and name a form.', 'samtykke' ) );
		}
		$lang   = $lang ? $lang : self::language();
		$schema = self::schema( $slug, $lang );
		if ( is_wp_error( $schema ) ) {
			return 'not_there' === $schema->get_error_code() ? self::hint( __( 'Samtykke: the service has no open form of this name.', 'samtykke' ) ) : self::link( $slug );
		}
		++self::$count;
		return self::drawn( $schema, 'samtykke-wp-' . self::$count . '-' );
	}

	/**
	 * Language of the page, as the service calls it.
	 */
	public static function language(): string {
		$language = substr( determine_locale(), 0, 2 );
		return in_array( $language, array( 'nb', 'nn', 'no' ), true ) ? 'nb' : $language;
	}

	/**
	 * The description of a form, from the cache while it is fresh.
	 *
	 * @param string $slug Name of the form.
	 * @param string $lang Language.
	 * @return array|\WP_Error
	 */
	private static function schema( string $slug, string $lang ) {
		$name  = self::PREFIX . md5( Settings::service() . "\n{$slug}\n{$lang}" );
		$known = get_transient( $name );
		if ( is_array( $known ) && $known['until'] > time() ) {
			return $known['schema'];
		}
		$schema = Service::read_public( "/f/{$slug}/schema?lang=" . rawurlencode( $lang ) );
		if ( is_wp_error( $schema ) && ( ! is_array( $known ) || 'not_there' === $schema->get_error_code() ) ) {
			delete_transient( $name );
			return $schema;
		}
		$until  = time() + ( is_wp_error( $schema ) ? self::RETRY : self::FRESH );
		$schema = is_wp_error( $schema ) ? $known['schema'] : $schema;
		set_transient( $name, compact( 'schema', 'until' ), self::KEPT );
		return $schema;
	}

	/**
	 * The form.
	 *
	 * @param array  $form   What the service says.
	 * @param string $prefix Of ids on this page.
	 */
	private static function drawn( array $form, string $prefix ): string {
		$html = sprintf( '<form class="samtykke-form" method="post" action="%s" accept-charset="utf-8" lang="%s">', esc_url( $form['action'] ), esc_attr( $form['lang'] ) );

		$html .= sprintf( '<input type="hidden" name="_lang" value="%s">', esc_attr( $form['lang'] ) );
		foreach ( $form['fields'] as $field ) {
			$html .= self::field( $field, $prefix . $field['name'], $form['words'] );
		}
		$html .= self::consents( $form, $prefix );
		if ( $form['age'] ) {
			$html .= self::tick( $form['age']['name'], $prefix . $form['age']['name'], $form['age']['text'], '', true );
		}
		if ( $form['other_contact'] ) {
			$html .= '<p class="samtykke-contact">' . esc_html( $form['other_contact'] ) . '</p>';
		}
		foreach ( self::links( $form ) as $link ) {
			$html .= sprintf( '<p class="samtykke-policy"><a href="%s">%s</a></p>', esc_url( $link[0] ), esc_html( $link[1] ) );
		}
		$label = $form['submit_label'] ? $form['submit_label'] : $form['words']['send'];
		return $html . self::trap() . sprintf( '<p class="samtykke-send"><button type="submit" class="wp-element-button">%s</button></p></form>', esc_html( $label ) );
	}

	/**
	 * Where a form leads besides: the policy, and the page of people's rights.
	 *
	 * @param array $form What the service says; one from before it had `links` names the policy alone.
	 */
	private static function links( array $form ): array {
		$policy = $form['policy_url'] ? array( array( $form['policy_url'], $form['words']['policy'] ) ) : array();
		return $form['links'] ?? $policy;
	}

	/**
	 * One field with its label.
	 *
	 * @param array  $field What the service says.
	 * @param string $id    Of the control.
	 * @param array  $words What is said around fields.
	 */
	private static function field( array $field, string $id, array $words ): string {
		if ( 'checkbox' === $field['kind'] ) {
			return self::tick( $field['name'], $id, $field['label'], '', $field['required'] );
		}
		$mark = $field['required'] ? '' : ' <span class="samtykke-mark">(' . esc_html( $words['voluntary'] ) . ')</span>';
		$html = sprintf( '<p class="samtykke-field"><label for="%s">%s%s</label>', esc_attr( $id ), esc_html( $field['label'] ), $mark );
		if ( $field['help'] ) {
			$html .= sprintf( '<small id="%s-h">%s</small>', esc_attr( $id ), esc_html( $field['help'] ) );
		}
		return $html . self::control( $field, self::attributes( $field, $id ), $words ) . '</p>';
	}

	/**
	 * What every control has.
	 *
	 * @param array  $field What the service says.
	 * @param string $id    Of the control.
	 */
	private static function attributes( array $field, string $id ): string {
		$html = sprintf( ' id="%s" name="%s"', esc_attr( $id ), esc_attr( $field['name'] ) );
		if ( $field['autocomplete'] ) {
			$html .= sprintf( ' autocomplete="%s"', esc_attr( $field['autocomplete'] ) );
		}
		if ( $field['help'] ) {
			$html .= sprintf( ' aria-describedby="%s-h"', esc_attr( $id ) );
		}
		return $html . ( $field['required'] ? ' required' : '' );
	}

	/**
	 * The control itself.
	 *
	 * @param array  $field      What the service says.
	 * @param string $attributes Escaped.
	 * @param array  $words      What is said around fields.
	 */
	private static function control( array $field, string $attributes, array $words ): string {
		if ( 'textarea' === $field['kind'] ) {
			return "<textarea rows=\"6\"{$attributes}></textarea>";
		}
		if ( 'select' !== $field['kind'] ) {
			return sprintf( '<input type="%s"%s>', esc_attr( $field['kind'] ), $attributes );
		}
		$html = sprintf( '<select%s><option value="">%s</option>', $attributes, esc_html( $words['choose'] ) );
		foreach ( $field['options'] as $option ) {
			$html .= sprintf( '<option value="%s">%s</option>', esc_attr( $option['value'] ), esc_html( $option['label'] ) );
		}
		return $html . '</select>';
	}

	/**
	 * The consent boxes. They come unticked: there is no way to say otherwise.
	 *
	 * @param array  $form   What the service says.
	 * @param string $prefix Of ids on this page.
	 */
	private static function consents( array $form, string $prefix ): string {
		if ( ! $form['consents'] ) {
			return '';
		}
		$words = $form['words'];
		$html  = sprintf( '<fieldset class="samtykke-consents"><legend>%s (%s)</legend><p>%s</p>', esc_html( $words['later'] ), esc_html( $words['voluntary'] ), esc_html( $words['free'] ) );
		foreach ( $form['consents'] as $box ) {
			$html .= self::tick( $box['name'], $prefix . $box['name'], $box['text'], $box['purpose'], false );
		}
		return $html . '</fieldset>';
	}

	/**
	 * One box.
	 *
	 * @param string $name     Of the control.
	 * @param string $id       Of the control.
	 * @param string $text     Beside it.
	 * @param string $title    Before the text.
	 * @param bool   $required Whether it must be ticked.
	 */
	private static function tick( string $name, string $id, string $text, string $title, bool $required ): string {
		$title = $title ? '<strong>' . esc_html( $title ) . '</strong> ' : '';
		return sprintf( '<p class="samtykke-choice"><label for="%1$s"><input type="checkbox" id="%1$s" name="%2$s" value="yes"%3$s> %4$s%5$s</label></p>', esc_attr( $id ), esc_attr( $name ), $required ? ' required' : '', $title, esc_html( $text ) );
	}

	/**
	 * A field that people never see. Whatever fills it in is not a person.
	 */
	private static function trap(): string {
		return sprintf( '<p style="position:absolute;left:-9999px" aria-hidden="true"><label>%s <input type="text" name="_gotcha" tabindex="-1" autocomplete="off"></label></p>', esc_html__( 'Leave this empty', 'samtykke' ) );
	}

	/**
	 * The way to the form while it cannot be shown here.
	 *
	 * @param string $slug Name of the form.
	 */
	private static function link( string $slug ): string {
		return sprintf( '<p class="samtykke-form"><a href="%s">%s</a></p>', esc_url( Settings::service() . '/f/' . $slug ), esc_html__( 'Open the form', 'samtykke' ) );
	}

	/**
	 * A word to whoever may edit the page; nothing to visitors.
	 *
	 * @param string $text What to do.
	 */
	public static function hint( string $text ): string {
		return current_user_can( 'edit_posts' ) ? '<p class="samtykke-hint">' . esc_html( $text ) . '</p>' : '';
	}
}
