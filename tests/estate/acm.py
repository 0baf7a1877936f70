"""What the estate has of Certificate Manager."""


def certificates(aws):
    """AWS::CertificateManager::Certificate"""
    acm = aws("acm")
    known = acm.list_certificates()["CertificateSummaryList"]
    if "shop.example.com" in [certificate["DomainName"] for certificate in known]:
        return
    acm.request_certificate(
        DomainName="shop.example.com",
        SubjectAlternativeNames=["www.shop.example.com"],
        ValidationMethod="DNS",
        Tags=[{"Key": "team", "Value": "web"}],
    )
    acm.request_certificate(DomainName="plain.example.com", ValidationMethod="DNS", KeyAlgorithm="EC_prime256v1")


KINDS = {"AWS::CertificateManager::Certificate": certificates}
