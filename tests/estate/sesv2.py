"""What the estate has of SES."""


def email_identities(aws):
    """AWS::SES::EmailIdentity"""
    ses = aws("sesv2")
    ses.create_email_identity(EmailIdentity="example.com", Tags=[{"Key": "team", "Value": "mail"}])
    ses.create_email_identity(EmailIdentity="someone@example.com")


# Configuration sets are left out: moto answers an object where SendingEnabled is true or false.
KINDS = {"AWS::SES::EmailIdentity": email_identities}
