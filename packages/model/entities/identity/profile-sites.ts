/**
 * Sites on which a URL names an account, and where in the path the name stands. The pattern's first group is the user
 * name; it is matched against the path without its leading slash.
 */
export interface ProfileSite {
  site: string
  paths: readonly RegExp[]
  /** Other hosts of the same site; `www.` and `m.` need no mention. */
  aliases?: readonly string[]
  /** User names that differ only in case are different accounts. */
  caseSensitive?: boolean
}

const plain = /^@?([\w.-]{1,64})\/?$/
const handle = /^@([\w.-]{1,64})(?:\/|$)/

export const profileSites: readonly ProfileSite[] = [
  { site: 'github.com', paths: [/^([a-z\d](?:[a-z\d-]{0,38}))\/?$/i] },
  { site: 'gitlab.com', paths: [plain] },
  { site: 'bitbucket.org', paths: [plain] },
  { site: 'codeberg.org', paths: [plain] },
  { site: 'sr.ht', paths: [/^~([\w-]{1,64})\/?$/] },
  { site: 'x.com', aliases: ['twitter.com', 'mobile.twitter.com'], paths: [/^@?(\w{1,15})(?:\/status\/\d+)?\/?$/] },
  { site: 'facebook.com', aliases: ['fb.com', 'de-de.facebook.com'], paths: [/^([\w.]{5,64})\/?$/] },
  { site: 'instagram.com', paths: [plain] },
  { site: 'threads.net', aliases: ['threads.com'], paths: [handle] },
  { site: 'linkedin.com', paths: [/^((?:in|company|school)\/[^/\s]{2,100})\/?$/] },
  {
    site: 'youtube.com',
    caseSensitive: true,
    paths: [/^(channel\/UC[\w-]{22})(?:\/|$)/, /^@([\w.-]{3,30})(?:\/|$)/, /^(?:c|user)\/([\w-]{1,64})(?:\/|$)/],
  },
  { site: 'tiktok.com', paths: [handle] },
  { site: 'reddit.com', aliases: ['old.reddit.com'], paths: [/^(?:u|user)\/([\w-]{3,20})(?:\/|$)/] },
  { site: 't.me', aliases: ['telegram.me'], paths: [/^(?:s\/)?([a-z]\w{4,31})\/?$/i] },
  { site: 'medium.com', paths: [handle] },
  { site: 'pinterest.com', paths: [plain] },
  { site: 'keybase.io', paths: [plain] },
  { site: 'bsky.app', paths: [/^profile\/([\w.:-]{3,128})(?:\/|$)/] },
  { site: 'twitch.tv', paths: [/^(\w{4,25})\/?$/] },
  { site: 'soundcloud.com', paths: [plain] },
  { site: 'vimeo.com', paths: [/^([a-z][\w-]{1,63})\/?$/i] },
  { site: 'dribbble.com', paths: [plain] },
  { site: 'behance.net', paths: [plain] },
  { site: 'stackoverflow.com', paths: [/^(users\/\d{1,12})(?:\/|$)/] },
  { site: 'news.ycombinator.com', paths: [/^user\?id=([\w-]{2,15})$/] },
  { site: 'xing.com', paths: [/^profile\/([\w-]{1,64})(?:\/|$)/] },
  { site: 'npmjs.com', paths: [/^~([\w.-]{1,64})\/?$/] },
  { site: 'pypi.org', paths: [/^user\/([\w.-]{1,64})\/?$/] },
  { site: 'hub.docker.com', paths: [/^u\/([a-z\d]{4,30})\/?$/i] },
  { site: 'dev.to', paths: [plain] },
  { site: 'huggingface.co', paths: [plain] },
  { site: 'patreon.com', paths: [plain] },
  { site: 'vk.com', paths: [plain] },
  { site: 'flickr.com', paths: [/^(?:people|photos)\/([\w@-]{1,64})(?:\/|$)/] },
  { site: 'about.me', paths: [plain] },
  { site: 'gravatar.com', paths: [plain] },
  { site: 'producthunt.com', paths: [handle] },
  { site: 'kaggle.com', paths: [plain] },
  { site: 'snapchat.com', paths: [/^add\/([\w.-]{3,15})\/?$/] },
  { site: 'mastodon.social', paths: [handle] },
  { site: 'wa.me', paths: [/^(\d{7,15})$/] },
]

/** First path segments of the sites above that are pages of the site, not accounts. */
export const notProfiles = new Set(
  (
    'about account accounts admin api app apps archive assets blog business careers channel collections company contact ' +
    'customer-stories dashboard developer developers dialog directory discover docs docs.html download embed enterprise ' +
    'events explore favicon.ico features feed feedback files forgot games gist gists groups hashtag help hc home i images ' +
    'index.html index.php info intent issues jobs join l legal live login login.php logout marketplace marketing me ' +
    'messages music new news nonprofit notifications oauth organizations orgs p pages partners photo photos plans ' +
    'platform playlist plugins policies policy posts premium press pricing privacy product products profile ' +
    'public readme recover reel reels register results robots.txt rss rules safety search security sell services session ' +
    'settings share share.php sharer sharer.php shop shorts signin signup site sitemap sitemap.xml solutions sponsors ' +
    'stars static status store stories stream subscriptions support tag tags team terms tos topics tr tour trending ' +
    'user users v video videos watch web widgets wp-content'
  ).split(' '),
)
