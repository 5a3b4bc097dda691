// The block in the editor: the link as visitors will see it, and what may be said differently.
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
				onChange: ( value ) => setAttributes( { [ name ]: value } ),
			} );
		const panel = make(
			blockEditor.InspectorControls,
			{},
			make(
				components.PanelBody,
				{ title: __( 'Link', 'samtykke' ) },
				text( 'text', __( 'Words of the link', 'samtykke' ), __( 'Leave empty for ours.', 'samtykke' ) ),
				text( 'lang', __( 'Language', 'samtykke' ), __( 'Leave empty for the language of the page.', 'samtykke' ) )
			)
		);
		const preview = make( components.Disabled, {}, make( ServerSideRender, { block: 'samtykke/privacy', attributes } ) );
		return make( Fragment, {}, panel, make( 'div', blockEditor.useBlockProps(), preview ) );
	};

	blocks.registerBlockType( 'samtykke/privacy', { edit, save: () => null } );
} )( window.wp.blocks, window.wp.blockEditor, window.wp.components, window.wp.element, window.wp.i18n, window.wp.serverSideRender );
