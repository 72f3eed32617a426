{#
    {{ is_bot('user_agent') }}    -- 'Googlebot/2.1 (+http://…)' -> true, null -> false

    Whether a browser says of itself that it is a program: by the words that crawlers
    put into their names, by the published names without such a word, and by those of
    programming libraries. A telephone of the brand Cubot is none.

    Names as their owners publish them: developers.google.com/search/docs/crawling-indexing,
    bing.com/webmasters, developers.facebook.com/docs/sharing/webmasters.
#}
{% macro is_bot(column) -%}
    {%- set words = [
        '(^|[^u]|[^c]u|^u)bot', 'crawl', 'spider', 'slurp', 'headless', 'phantomjs',
        'scrap(er|y)', 'archiver', 'lighthouse', 'pingdom', 'gtmetrix', 'statuscake',
    ] -%}
    {%- set names = [
        'mediapartners-google', 'google-inspectiontool', 'googleother', 'apis-google',
        'feedfetcher-google', 'google-read-aloud', 'google-extended',
        'google web preview', 'google-site-verification', 'bingpreview',
        'facebookexternalhit', 'facebookcatalog', 'meta-externalagent', 'chatgpt-user',
        'perplexity-user', 'claude-user', 'ia_archiver', 'w3c_validator',
    ] -%}
    {%- set libraries = [
        'curl/', 'wget/', 'python-requests', 'python-urllib', 'aiohttp/', 'httpx/',
        'go-http-client', 'java/[0-9]', 'apache-httpclient', 'libwww-perl', 'node-fetch',
        'axios/', 'ruby/', 'postmanruntime', 'selenium', 'puppeteer', 'playwright',
    ] -%}
    coalesce(
        {{ contains_match('lower(' ~ column ~ ')', (words + names + libraries) | join('|')) }},
        false
    )
{%- endmacro %}
