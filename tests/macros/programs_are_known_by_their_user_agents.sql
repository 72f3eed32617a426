-- Names as their owners publish them. People's browsers are none, nor is a telephone
-- whose brand ends in bot, nor an app that shows pages, nor silence.

with

examples (user_agent, expected) as (

    values
    ('Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', true),
    ('Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)', true),
    ('Mozilla/5.0 (compatible; Baiduspider/2.0)', true),
    ('Mozilla/5.0 (compatible; Yahoo! Slurp)', true),
    ('Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0.0.0 Safari/537.36', true),
    ('facebookexternalhit/1.1', true),
    ('Mediapartners-Google', true),
    ('AdsBot-Google (+http://www.google.com/adsbot.html)', true),
    ('Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)', true),
    ('curl/8.5.0', true),
    ('python-requests/2.31.0', true),
    ('bot', true),
    ('ubot', true),
    ('Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0.0.0', false),
    ('Mozilla/5.0 (Linux; Android 11; CUBOT X30) AppleWebKit/537.36', false),
    ('Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) [Pinterest/iOS]', false),
    ('Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) GSA/300.0 Mobile/15E148', false),
    ('', false),
    (null, false)

)

select * from examples
where {{ is_bot('user_agent') }} is distinct from expected
