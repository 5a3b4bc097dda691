// The block in the editor: name the form, see it as visitors will.
( ( blocks, blockEditor, components, element, i18n, ServerSideRender ) => {
	'use strict';
	const { createElement: make, Fragment } = element;
	const { __ } = i18n;

	const edit = ( { attributes, setAttributes } ) => {
		const text = ( name, label, help ) =>
			make( components.TextControl, {
				label,
				help,
				value: attributes[ name ],
				onChange: ( value ) => setAttributes( { [ name ]: value.trim() } ),
			} );
		const panel = make(
			blockEditor.InspectorControls,
			{},
			make(
				components.PanelBody,
				{ title: __( 'Form', 'samtykke' ) },
				text( 'form', __( 'Name of the form', 'samtykke' ), __( 'As in its address: nyhetsbrev', 'samtykke' ) ),
				text( 'lang', __( 'Language', 'samtykke' ), __( 'Leave empty for the language of the page.', 'samtykke' ) )
			)
		);
		const preview = attributes.form
			? make( components.Disabled, {}, make( ServerSideRender, { block: 'samtykke/form', attributes } ) )
			: make( components.Placeholder, { label: __( 'Samtykke form', 'samtykke' ) }, text( 'form', __( 'Name of the form', 'samtykke' ) ) );
		return make( Fragment, {}, panel, make( 'div', blockEditor.useBlockProps(), preview ) );
	};

	blocks.registerBlockType( 'samtykke/form', { edit, save: () => null } );
} )( window.wp.blocks, window.wp.blockEditor, window.wp.components, window.wp.element, window.wp.i18n, window.wp.serverSideRender );
