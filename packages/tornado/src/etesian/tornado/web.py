"""``tornado.web``: the web framework."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "web": """
            RequestHandler MIN_SUPPORTED_SIGNED_VALUE_VERSION
            MAX_SUPPORTED_SIGNED_VALUE_VERSION DEFAULT_SIGNED_VALUE_VERSION
            DEFAULT_SIGNED_VALUE_MIN_VERSION create_signed_value decode_signed_value
            get_signature_key_version Application URLSpec url authenticated addslash
            removeslash stream_request_body HTTPError Finish MissingArgumentError UIModule
            TemplateModule ErrorHandler FallbackHandler RedirectHandler StaticFileHandler
            OutputTransform GZipContentEncoding is_absolute
        """,
    },
)
