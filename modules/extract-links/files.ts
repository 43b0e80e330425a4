/** Files that people publish and search engines are asked for, by what their names end with. */
const kinds: Record<string, string> = {
  document:
    'pdf doc docx docm dot dotx odt rtf pages epub ppt pptx pptm pps ppsx odp xls xlsx xlsm xlsb ods numbers csv tsv vsd vsdx mpp ics vcf msg eml',
  archive: 'zip 7z rar tar gz tgz bz2 xz zst',
  data: 'sql sqlite db mdb accdb bak dump log pcap parquet',
  program: 'apk ipa exe msi dmg deb rpm jar',
  key: 'pem key p12 pfx kdbx ovpn rdp asc gpg',
}

const kindByExtension = new Map(
  Object.entries(kinds).flatMap(([kind, extensions]) => extensions.split(' ').map((extension) => [extension, kind])),
)

/** What a URL's file is by its name: `{ extension, kind }`; undefined for what is a page, a picture, a script or a style. */
export function fileAt(url: string): { extension: string; kind: string } | undefined {
  const extension = /[^/]\.([a-z\d]{2,8})$/i.exec(new URL(url).pathname)?.[1]?.toLowerCase() ?? ''
  const kind = kindByExtension.get(extension)
  return kind === undefined ? undefined : { extension, kind }
}
