"""What the estate has of Private CA."""


def authorities(aws):
    """AWS::ACMPCA::CertificateAuthority"""
    pca = aws("acm-pca")
    if pca.list_certificate_authorities()["CertificateAuthorities"]:
        return
    for name, tags in (("Estate root", [{"Key": "team", "Value": "web"}]), ("Old root", [])):
        arn = pca.create_certificate_authority(
            CertificateAuthorityConfiguration={
                "KeyAlgorithm": "RSA_2048",
                "SigningAlgorithm": "SHA256WITHRSA",
                "Subject": {"CommonName": name, "Organization": "Estate", "Country": "IE"},
            },
            CertificateAuthorityType="ROOT",
            **({"Tags": tags} if tags else {}),
        )["CertificateAuthorityArn"]
    # Left out: it can be restored for some time.
    pca.delete_certificate_authority(CertificateAuthorityArn=arn)


KINDS = {"AWS::ACMPCA::CertificateAuthority": authorities}
