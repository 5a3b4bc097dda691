"""What comes into the company's mailbox at Gmail and says something of a person: letters that came back, and wishes
to leave."""
