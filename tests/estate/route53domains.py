"""What the estate has of Route 53 Domains."""

PERSON = {
    "FirstName": "Ada",
    "LastName": "Estate",
    "ContactType": "PERSON",
    "AddressLine1": "1 Main Street",
    "City": "Dublin",
    "CountryCode": "IE",
    "ZipCode": "D01 F5P2",
    "PhoneNumber": "+353.15550100",
    "Email": "ada@example.com",
}


def domains(aws):
    """AWS::Route53Domains::Domain"""
    registrar = aws("route53domains", "us-east-1")
    if registrar.list_domains()["Domains"]:
        return
    for name, renewed in (("estate-shop.com", True), ("estate-plain.net", False)):
        registrar.register_domain(
            DomainName=name,
            DurationInYears=2,
            AutoRenew=renewed,
            AdminContact=PERSON,
            RegistrantContact=PERSON,
            TechContact=PERSON,
        )


KINDS = {"AWS::Route53Domains::Domain": domains}
