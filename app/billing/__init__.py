"""What Stripe told us of people who bought something: customers, invoices, subscriptions, tax numbers."""
