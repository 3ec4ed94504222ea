import type { Source } from './source'

/** Who made the catalog entry of a source: a partner is named by its site. */
export function Maker({ source: { metadata } }: { source: Source }) {
  if (!metadata.partnerOwned) return <span>Headwater</span>
  if (!metadata.website) return <span>a partner</span>
  return (
    <a href={metadata.website} rel="noreferrer" target="_blank">
      {URL.parse(metadata.website)?.hostname.replace(/^www\./, '') ?? metadata.website}
    </a>
  )
}
