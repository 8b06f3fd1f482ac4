// Keys and tokens that were made for the tests; the private keys are gone.
#pragma once

#include <string_view>

namespace sluice::filters::jwt_authn {

inline constexpr std::string_view kJwks =
    "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"r1\",\"n\":\"v3sG2uYR53U0pDwXczqYLODTF4RG8XROk"
    "Vj4P_3y1-GYRn_-JnLUhdSFsmBYDsXHXq-sieL0XruC1Y2BHdtU9H7lIcm_Zem0x1P6d2k1yQNfvjWbjRCBk"
    "6c2jm1WaN-gjeu77MsOJjq4bkoJd6m7kVR67_kcyNnbIbVVMOIIZrm2TZQBRC9egndRaUQJ1No8UfDD1fU-i"
    "vDpSBAILaYr4ldmJkffwJunmPF7aNoT8FEbse3NAcGYSaAw6xhlavdcuV33Xb0OPoDb-_0MqYFawDJGouaiM"
    "-JbGy0UnTvH7rTJkR5RDrpNpHYl618UiHEZOBnjXOUDDbMcmtZemxLesQ\",\"e\":\"AQAB\"},{\"kty\""
    ":\"EC\",\"kid\":\"e256\",\"crv\":\"P-256\",\"x\":\"u5ifaqHEW40DlVmYiZ-S0zI6b-dJfO0fn"
    "Y0dvRMhlwc\",\"y\":\"eBzb1KEY3l19zOLtmXpUd0TPaLYNtSkoeWCVzGkv1sg\"},{\"kty\":\"EC\","
    "\"kid\":\"e384\",\"crv\":\"P-384\",\"x\":\"YeZHUXPFDhIxLVRJ5NZiMFZ8xZ0_bkCwJM2oiCj4m"
    "lFm3vt2JiUxq0lTXmPUo9kf\",\"y\":\"_GkXQHilsB43_m9xmKchyIuIgsdhsoJnh18eupt2sW1lr1ewpn"
    "EcQshuRtRjTxDJ\"},{\"kty\":\"EC\",\"kid\":\"e512\",\"crv\":\"P-521\",\"x\":\"AF8Lv4H"
    "kBtjZUqRZ149WQ1a_XAmRaa68oaceQvnm4eE8F3behcfWLXGGyfVYddR1i-wb59pknefcUFHSxk5GUyQ8\","
    "\"y\":\"AZ2qJtDpCUjRupBfDJf5VCuKBnQ08Z4ev25Aw2bpKEqk_asyHgOoq-MvIfyOcQH9a-1VWXN2x9RC"
    "Pbh3IQOVH3eO\"},{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"d1\",\"x\":\"dNnXXpc-"
    "5g4-z5IL2iPK1ARknSJ89N1seZlvaYJEFEw\"},{\"kty\":\"oct\",\"kid\":\"h0\",\"k\":\"MDEyM"
    "zQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\"}]}";

inline constexpr std::string_view kRsaModulusOnly =
    "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"r1\",\"n\":\"v3sG2uYR53U0pDwXczqYLODTF4RG8XROk"
    "Vj4P_3y1-GYRn_-JnLUhdSFsmBYDsXHXq-sieL0XruC1Y2BHdtU9H7lIcm_Zem0x1P6d2k1yQNfvjWbjRCBk"
    "6c2jm1WaN-gjeu77MsOJjq4bkoJd6m7kVR67_kcyNnbIbVVMOIIZrm2TZQBRC9egndRaUQJ1No8UfDD1fU-i"
    "vDpSBAILaYr4ldmJkffwJunmPF7aNoT8FEbse3NAcGYSaAw6xhlavdcuV33Xb0OPoDb-_0MqYFawDJGouaiM"
    "-JbGy0UnTvH7rTJkR5RDrpNpHYl618UiHEZOBnjXOUDDbMcmtZemxLesQ\",\"e\":\"AQAB\"}]}";

inline constexpr std::string_view kRs256 =
    "eyJhbGciOiJSUzI1NiIsImtpZCI6InIxIn0.eyJpc3MiOiJodHRwczovL2lkLnRlc3QvIiwic3ViIjoiYWxp"
    "Y2UiLCJhdWQiOlsiaHR0cHM6Ly9hcGkudGVzdC8iLCJvdGhlciJdLCJleHAiOjQxMDI0NDQ4MDB9.vuBLOP3"
    "MjJuBOanywDV4XkuTcUoAX7RrnFD4GvTV1Mv5UX-8Q3truoWy0uacAB1vyKhuDrp97WrHBBTkNos9CH0zGN_"
    "KAdHkUVLAi9bpvk9xaDvQ8a5HR9Y8APdXUmEbOGQ6ojGXjvc_NLjmHyXMIsDD00R7lg5VxLClE5RIl5AV41q"
    "zgcxkME4nRfjL2fVORtpc0D6s04ZKZ9LBhhhYf8NCOApN7p4ZQJN1IQvVF31lZD9-MfHOC06S8rDHZj3POGE"
    "T2OnwRGwUaAtS3rDqWlqZdyUPvFpAq786qXZJdeNB-Y19ATZqLViVs7T_BNlBGj-M9hYS2Wmjna_mbt-cbQ";

inline constexpr std::string_view kRs384 =
    "eyJhbGciOiJSUzM4NCIsImtpZCI6InIxIn0.eyJpc3MiOiJodHRwczovL2lkLnRlc3QvIiwic3ViIjoiYWxp"
    "Y2UiLCJhdWQiOlsiaHR0cHM6Ly9hcGkudGVzdC8iLCJvdGhlciJdLCJleHAiOjQxMDI0NDQ4MDB9.mdx_EM6"
    "41lyt8BQHAr9KUw5v6NMlxZ9d9KkMIQY1i4mF7ZluG1PAehqBrvT78IpcCGhZyNeljTaT25n5DfADxUHVQa2"
    "ryRu_Ujji-WxL1B-0d7C2qNDenefGYQuhREUa4DenbbebR85-_5HTdIEukHeYa0JXQ7NBq3H1TcCNuPPs74Q"
    "d2FwUXj9Tl4hhSfyaXYU106CCaqhBIn9CJMTxwMcWp7O8gdXlmf1javL1eECl1EFM_MV7E-NjHSjYbAw2u1L"
    "-f2c68sQIywJmTqKao5gBe4ZsiiWcgQDXh7FjfkpXKslOuq47FHSR4uYjxCmE5aoSFHjmm2j-oHexkomxLQ";

inline constexpr std::string_view kRs512 =
    "eyJhbGciOiJSUzUxMiIsImtpZCI6InIxIn0.eyJpc3MiOiJodHRwczovL2lkLnRlc3QvIiwic3ViIjoiYWxp"
    "Y2UiLCJhdWQiOlsiaHR0cHM6Ly9hcGkudGVzdC8iLCJvdGhlciJdLCJleHAiOjQxMDI0NDQ4MDB9.uC9UBPx"
    "aQwJRc1freIsE1khc3GJ77tGMFkD0bea2Wv8N_eTdjLo1BwW-p92wfoPgWEoQhEDpiM5bijeeEPGJ9ef6gy9"
    "NxyVnik9eVfzQQVBkD_AgmNyA8LE3ytSDsVxVgo5HcKfL9Qrz1aB-6MIHl5CC41FNnNbtLHXxmiO_JGIZ2JH"
    "OzOiqFxzBf4BEw1abRKsDQIM2MBU0mctP_uvCf2EDD0CpnlS9ftepRLq2hwdbIxy4_xk2aA01jk4AESaDGnv"
    "apsnjYux3DMMOwnLEsVoZHAkpkSj-vGUWyoMADZhnTxVCPq916RLGWhW0E483O6Gd_Pp07WADNcBLmV-q3A";

inline constexpr std::string_view kPs256 =
    "eyJhbGciOiJQUzI1NiIsImtpZCI6InIxIn0.eyJpc3MiOiJodHRwczovL2lkLnRlc3QvIiwic3ViIjoiYWxp"
    "Y2UiLCJhdWQiOlsiaHR0cHM6Ly9hcGkudGVzdC8iLCJvdGhlciJdLCJleHAiOjQxMDI0NDQ4MDB9.JUDKFhe"
    "32IfnRu9oa9z8hfC7Js7xIaIu54I9GK0a9L5nXSqYOisgx6pwLsCaaitjPdnEO1y2pbMOo5l0jaWiYgSK4GR"
    "S_5QMwtuVf1MQGDjQ5G95Sgh44WJQ82AlKT4_LDVvinNMzCLXoFqYDP57WOG1U1IhN3QGwMDGsdo6OZu-KeJ"
    "Uavb1BUTEPKpkfQ3CH7fjHK2C7ebToIKwTuqDLSHMrWOTRY91y0Is8E_Kqevroo6p3CZAB6JZAOopxJPUvRg"
    "BtDnAiHK-8YY5eDhj0TueebtWBriYiPNOT8uKb3okFW9xzaFerG3RbN7cbmNfbl5jHaHS_NFt2-nHk5Awtg";

inline constexpr std::string_view kPs384 =
    "eyJhbGciOiJQUzM4NCIsImtpZCI6InIxIn0.eyJpc3MiOiJodHRwczovL2lkLnRlc3QvIiwic3ViIjoiYWxp"
    "Y2UiLCJhdWQiOlsiaHR0cHM6Ly9hcGkudGVzdC8iLCJvdGhlciJdLCJleHAiOjQxMDI0NDQ4MDB9.h9NYhwL"
    "wLJwJ1S0A-ORc760rpQ2nkc04gYnEjQt7ukU-fjqG91HtaHQHTUrOabHfS1IQEn4EasnwquZ7s0hHpcyCYBB"
    "rBpfuPMNR8t4PcxfHatv4wbJUNzrplsvOyOjLsq1FEN6SpR-N6FQWzeesqQhfhAYJRnHBXQbM8UeOJWOSVQT"
    "9cx-QI17NLhnAtuXZYKPlTwjcRfKYjSCo4yJCJl4hKj3n8D2QGYm2KIrB45cHStfuyltAXHpvlR4KGkluxrP"
    "Pge307xmUQTkxosbbP5_zLo5GTzXxBBCkVEaeRsW9NwuI4-KhieG4Mtmni45cfUFsa5FsycDjpxzyWoiO7A";

inline constexpr std::string_view kPs512 =
    "eyJhbGciOiJQUzUxMiIsImtpZCI6InIxIn0.eyJpc3MiOiJodHRwczovL2lkLnRlc3QvIiwic3ViIjoiYWxp"
    "Y2UiLCJhdWQiOlsiaHR0cHM6Ly9hcGkudGVzdC8iLCJvdGhlciJdLCJleHAiOjQxMDI0NDQ4MDB9.LlD6oua"
    "5RL5V7OcyWzjaX59NPfSbdjiU4OWaGEONdIHPBPR8Dje75HLC4_1edxMd3VqKfjNY8F_ZQaBRR6uJo4SG_gA"
    "mzmECns5nlyq7mnFaTCxyJUAWRkVAcZtFZf8TcydGi3qlKlfahU_XQ7vlQFFaA7mtSCdPlu1iK6jVMhhuCEt"
    "WUOi1YLuvdDVP6j3_tlgFYC0fO3CtjohhUW5GNrdaFWNNFBdJK336eN4-hp4Ph-PK4GGRgXutoEwp--0eVCZ"
    "XvLTIMIm6gMg-E64FIRkZ7vLkqW1GqXsZjggZCoaOyR1WmUD_yJVJdbgTbmNmEK7VHf673FhJRvdwLUGjUQ";

inline constexpr std::string_view kEs256 =
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImUyNTYifQ.eyJpc3MiOiJodHRwczovL2lkLnRlc3QvIiwic3ViIjoiY"
    "WxpY2UiLCJhdWQiOlsiaHR0cHM6Ly9hcGkudGVzdC8iLCJvdGhlciJdLCJleHAiOjQxMDI0NDQ4MDB9.GqCu"
    "_2MNcijVYq89eMq5BDcNtuOOGQtQP0doh89JB2a_N6uuhhO0qRll755CBPvbuonAVuBx5rtjsRYZIRAwlw";

inline constexpr std::string_view kEs384 =
    "eyJhbGciOiJFUzM4NCIsImtpZCI6ImUzODQifQ.eyJpc3MiOiJodHRwczovL2lkLnRlc3QvIiwic3ViIjoiY"
    "WxpY2UiLCJhdWQiOlsiaHR0cHM6Ly9hcGkudGVzdC8iLCJvdGhlciJdLCJleHAiOjQxMDI0NDQ4MDB9.jhfP"
    "VUJx2iu6GKJwpoFT9_y-NDXZqqMulJynZmjkBzmpeWq0LqXbgWfnL6CCgBhIU-gyMQxHrNXRNsj0qF4cCtpb"
    "kZ0AhqVIgqsZ-y96irjRQgNOy5N8w2YMjXk8wKqt";

inline constexpr std::string_view kEs512 =
    "eyJhbGciOiJFUzUxMiIsImtpZCI6ImU1MTIifQ.eyJpc3MiOiJodHRwczovL2lkLnRlc3QvIiwic3ViIjoiY"
    "WxpY2UiLCJhdWQiOlsiaHR0cHM6Ly9hcGkudGVzdC8iLCJvdGhlciJdLCJleHAiOjQxMDI0NDQ4MDB9.AAnR"
    "qyk5Tga7E5tVHsfdHc4RnxBbCqioY3pySjtm5fFuyWV-DAEfk9r8Fibv4NqyD5p9qnfSg6K2ppgaU_lM6BXA"
    "AK8fj3PKQnNqYEqsyycnnhCQI_sBCVX66AW_TbFLpjJa7bx4rmJfrEpQtvFQRD8gw923bn_pTWF1aopBsbiS"
    "xDbk";

inline constexpr std::string_view kHs256 =
    "eyJhbGciOiJIUzI1NiIsImtpZCI6ImgwIn0.eyJpc3MiOiJodHRwczovL2lkLnRlc3QvIiwic3ViIjoiYWxp"
    "Y2UiLCJhdWQiOlsiaHR0cHM6Ly9hcGkudGVzdC8iLCJvdGhlciJdLCJleHAiOjQxMDI0NDQ4MDB9.tBNd8mp"
    "B1VwkzvXVT9nwuu2RQmCqUh8C5uBHIH4IS70";

inline constexpr std::string_view kHs384 =
    "eyJhbGciOiJIUzM4NCIsImtpZCI6ImgwIn0.eyJpc3MiOiJodHRwczovL2lkLnRlc3QvIiwic3ViIjoiYWxp"
    "Y2UiLCJhdWQiOlsiaHR0cHM6Ly9hcGkudGVzdC8iLCJvdGhlciJdLCJleHAiOjQxMDI0NDQ4MDB9.1rpnr4Y"
    "WTgPS-IBlL2t371hfB_F-bY1pEnyJ2IJMwVHBa78vPrCEsBkxneqBQyiI";

inline constexpr std::string_view kHs512 =
    "eyJhbGciOiJIUzUxMiIsImtpZCI6ImgwIn0.eyJpc3MiOiJodHRwczovL2lkLnRlc3QvIiwic3ViIjoiYWxp"
    "Y2UiLCJhdWQiOlsiaHR0cHM6Ly9hcGkudGVzdC8iLCJvdGhlciJdLCJleHAiOjQxMDI0NDQ4MDB9.8NNmj24"
    "_xAi0va1KNWhJ9W3BG3m-W16qyeALZ0VU0TNHpYHOWssNYmhhdKNZpnDlfr6ouMyh51FmFtry_9VC_g";

inline constexpr std::string_view kEddsa =
    "eyJhbGciOiJFZERTQSIsImtpZCI6ImQxIn0.eyJpc3MiOiJodHRwczovL2lkLnRlc3QvIiwic3ViIjoiYWxp"
    "Y2UiLCJhdWQiOlsiaHR0cHM6Ly9hcGkudGVzdC8iLCJvdGhlciJdLCJleHAiOjQxMDI0NDQ4MDB9.v_PkC4Y"
    "a1mm-OHWNvX6TQ3PWxzlbzCcbMGZPN0byhaRfhEWSureMf5NivhBcqN7eV1lffIF-u3xZFvfXVQ_aCQ";

inline constexpr std::string_view kHmacWithRsaPem =
    "eyJhbGciOiJIUzI1NiIsImtpZCI6InIxIn0.eyJpc3MiOiJodHRwczovL2lkLnRlc3QvIiwic3ViIjoiYWxp"
    "Y2UiLCJhdWQiOlsiaHR0cHM6Ly9hcGkudGVzdC8iLCJvdGhlciJdLCJleHAiOjQxMDI0NDQ4MDB9.d0zRqW7"
    "79k5isEVYjU7HnhCozEX5T_0mUnZ1VfFF72Y";

inline constexpr std::string_view kHmacWithModulus =
    "eyJhbGciOiJIUzI1NiIsImtpZCI6InIxIn0.eyJpc3MiOiJodHRwczovL2lkLnRlc3QvIiwic3ViIjoiYWxp"
    "Y2UiLCJhdWQiOlsiaHR0cHM6Ly9hcGkudGVzdC8iLCJvdGhlciJdLCJleHAiOjQxMDI0NDQ4MDB9.rRfD4x4"
    "mch6wg9U_W4UbdsyszDRdUwY_qILBdk_X1RY";

inline constexpr std::string_view kNone =
    "eyJhbGciOiJub25lIiwia2lkIjoicjEifQ.eyJpc3MiOiJodHRwczovL2lkLnRlc3QvIiwic3ViIjoiYWxpY"
    "2UiLCJhdWQiOlsiaHR0cHM6Ly9hcGkudGVzdC8iLCJvdGhlciJdLCJleHAiOjQxMDI0NDQ4MDB9.";

inline constexpr std::string_view kOtherKey =
    "eyJhbGciOiJSUzI1NiIsImtpZCI6InIxIn0.eyJpc3MiOiJodHRwczovL2lkLnRlc3QvIiwic3ViIjoiYWxp"
    "Y2UiLCJhdWQiOlsiaHR0cHM6Ly9hcGkudGVzdC8iLCJvdGhlciJdLCJleHAiOjQxMDI0NDQ4MDB9.h0k-16I"
    "1xbqIsilDeAKP-ROtXZFHj6s6YkzDCodNfmnLgPEsFlNqmOrEvUNwHbT72NGXR99YpcgjU_XfWHtKAp179ig"
    "KyJt_pZITtSDsU_xfmu2ON_T57xu7F73Ri-pUkB6T-Yuj7JG1pV7j4igiUCp-ugwlzUbS1m0JvIY0BnVsE5k"
    "l3fyuoQD-pSFQai2ipVRLgJTS6aq0r_nNLX2tysiOVORsoPAkT2vd0DdaA_oFID-1ons0y162S2eGxEDFny6"
    "51IOeoHDy83OxgXk7VaYPVqRNpB3D93YnHWVc9nKVSbKRZO3JcdfUVRXkLTQS76vz8aDTlFFzhgT443pUJw";

inline constexpr std::string_view kOtherKid =
    "eyJhbGciOiJSUzI1NiIsImtpZCI6Im5vYm9keSJ9.eyJpc3MiOiJodHRwczovL2lkLnRlc3QvIiwic3ViIjo"
    "iYWxpY2UiLCJhdWQiOlsiaHR0cHM6Ly9hcGkudGVzdC8iLCJvdGhlciJdLCJleHAiOjQxMDI0NDQ4MDB9.DZ"
    "c8t-nhT8eJ7Ezr5WjN7MI5vOinoaHa35OV4HevJqsXbzvHx7qtmBw48iOUNn97vpVZzDTR2JmIWIAGm7gJwy"
    "G-Lph9PZtPnL6_EQALNJEBk9_h6WA79j7ARM2b08y4sYmISqb5kLP0_4cE3HYO98T_W6mw999nErzr_pJl2s"
    "YWAA_hTMFshTVv5gllEMi_4vkuC8bME0nhdkkLqLi32t-FPSl_C_5QTE1Z11E6-ERJG6BW_m8laX08VuUXRN"
    "D-3OtLmIL1-EFKEy0XthVJ_u88_tVSVBD3HsnijEVJzwfwLMkftvN1_Y1pnWm1Pyw2zNE7gDp6BvJC4JnbXz"
    "ngMw";

inline constexpr std::string_view kNoKid =
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lkLnRlc3QvIiwic3ViIjoiYWxpY2UiLCJhdWQiOls"
    "iaHR0cHM6Ly9hcGkudGVzdC8iLCJvdGhlciJdLCJleHAiOjQxMDI0NDQ4MDB9.KhSUBAgvKj8rKnK5zvHyTe"
    "NTlEvyfZVkQRJcvrsFrcy7Dthq23-asb9G0cdkUpPnKN1e1lvz6UVwVVGOhhZfhwZSP9KnFxydVzsLchZ_Dh"
    "bknwb8BvD9GqQfLoLlF3YFdtSR4sw7an-6A12GUwLaHmYrFOO5r4ZM96UXW7U3wnU6aNQsMPFpyy5ngIedXF"
    "J5I0RD3ZH0v1rN1gXpIQKv3bbiOv_SDQRb1yajhkZtow10NXeaszfaTrQZwfGxbu-TCF4IoRE2iRD0P3kjjW"
    "6XayGKGlP8z81bC46KrBPlhZn2cWsQIqRBrXbji2qP-eLIjULmInGZh4jrK8vdRTpEvA";

inline constexpr std::string_view kCertificates =
    "{\"r1\": \"-----BEGIN CERTIFICATE-----\\nMIIClTCCAX2gAwIBAgIBATANBgkqhkiG9w0BAQsFADA"
    "NMQswCQYDVQQDDAJpZDAg\\nFw0yNjAxMDEwMDAwMDBaGA8yMTAwMDEwMTAwMDAwMFowDTELMAkGA1UEAwwC"
    "aWQw\\nggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQC/ewba5hHndTSkPBdzOpgs\\n4NMXhEbxdE"
    "6RWPg//fLX4ZhGf/4mctSF1IWyYFgOxcder6yJ4vReu4LVjYEd21T0\\nfuUhyb9l6bTHU/p3aTXJA1++NZu"
    "NEIGTpzaObVZo36CN67vsyw4mOrhuSgl3qbuR\\nVHrv+RzI2dshtVUw4ghmubZNlAFEL16Cd1FpRAnU2jxR"
    "8MPV9T6K8OlIEAgtpivi\\nV2YmR9/Am6eY8Xto2hPwURux7c0BwZhJoDDrGGVq91y5XfddvQ4+gNv7/Qypg"
    "VrA\\nMkai5qIz4lsbLRSdO8futMmRHlEOuk2kdiXrXxSIcRk4GeNc5QMNsxya1l6bEt6x\\nAgMBAAEwDQY"
    "JKoZIhvcNAQELBQADggEBALr/0ne1CxcU9bHZr9eJoB70N6e952Is\\n4y2vnfCjIcUFCHgRsb3YSDyDwm0t"
    "/UY2z0LJzKQFZzq27PRxDaQIuRzJyiUOesQ5\\nAeD72uOcrflwVfp4MCOYFr1sE1sbsHZ2IYFbtQrxza34G"
    "58qaV4toxRSBFgc/5XR\\n/D+3uOKqWJqgwh96BXLOxfiMnG5ZW6W19WFgD/G+7r9h/372kMT4O0vsc8IfGz"
    "J1\\nKnFrBLPLVdEJcLwTCzJMyGGaI1HMltkD7phU6FKeH9etUF4Uj/kSxe40veptJcK3\\nvWEvN/gCcnod"
    "jCnYiHJMMxMvA/SfiysbrUoWA8/vfOz9VSlr950awBg=\\n-----END CERTIFICATE-----\\n\", \"x\""
    ": \"nothing\"}";

inline constexpr std::string_view kX5c =
    "{\"keys\": [{\"kty\": \"RSA\", \"kid\": \"r1\", \"x5c\": [\"MIIClTCCAX2gAwIBAgIBATAN"
    "BgkqhkiG9w0BAQsFADANMQswCQYDVQQDDAJpZDAgFw0yNjAxMDEwMDAwMDBaGA8yMTAwMDEwMTAwMDAwMFow"
    "DTELMAkGA1UEAwwCaWQwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQC/ewba5hHndTSkPBdzOpgs"
    "4NMXhEbxdE6RWPg//fLX4ZhGf/4mctSF1IWyYFgOxcder6yJ4vReu4LVjYEd21T0fuUhyb9l6bTHU/p3aTXJ"
    "A1++NZuNEIGTpzaObVZo36CN67vsyw4mOrhuSgl3qbuRVHrv+RzI2dshtVUw4ghmubZNlAFEL16Cd1FpRAnU"
    "2jxR8MPV9T6K8OlIEAgtpiviV2YmR9/Am6eY8Xto2hPwURux7c0BwZhJoDDrGGVq91y5XfddvQ4+gNv7/Qyp"
    "gVrAMkai5qIz4lsbLRSdO8futMmRHlEOuk2kdiXrXxSIcRk4GeNc5QMNsxya1l6bEt6xAgMBAAEwDQYJKoZI"
    "hvcNAQELBQADggEBALr/0ne1CxcU9bHZr9eJoB70N6e952Is4y2vnfCjIcUFCHgRsb3YSDyDwm0t/UY2z0LJ"
    "zKQFZzq27PRxDaQIuRzJyiUOesQ5AeD72uOcrflwVfp4MCOYFr1sE1sbsHZ2IYFbtQrxza34G58qaV4toxRS"
    "BFgc/5XR/D+3uOKqWJqgwh96BXLOxfiMnG5ZW6W19WFgD/G+7r9h/372kMT4O0vsc8IfGzJ1KnFrBLPLVdEJ"
    "cLwTCzJMyGGaI1HMltkD7phU6FKeH9etUF4Uj/kSxe40veptJcK3vWEvN/gCcnodjCnYiHJMMxMvA/Sfiysb"
    "rUoWA8/vfOz9VSlr950awBg=\"]}]}";

}  // namespace sluice::filters::jwt_authn
