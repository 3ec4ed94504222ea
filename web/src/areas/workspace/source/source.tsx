import type { Shapes } from '../../../api/client'
import { Badge } from '../../../kit/badge'

/** A source as the API shows it. */
export type Source = Shapes['SourceView']

/** Whether only its makers and the workspaces it was added to know of it. */
export const isPrivate = ({ metadata }: Source) =>
  metadata.status === 'PRIVATE_BUILDING' || metadata.status === 'PRIVATE_SUBMITTED'

/** Whether the account may change it: write keys are shown to nobody else, and there is always one. */
export const mayAdminister = (source: Source) => source.writeKeys.length > 0

/** What kind of thing sends, in a word. */
export function kindOf({ metadata }: Source): string {
  if (metadata.isCloudEventSource) return 'cloud'
  return metadata.categories[0]?.toLowerCase() ?? 'custom'
}

/** A source is silent when it received nothing within this time. */
const SILENT_AFTER = 60 * 60 * 1000

/** What a source does: it takes data or not, and data came lately or not. */
export function stateOf(source: Source, now: Date): 'live' | 'silent' | 'new' | 'disabled' {
  if (!source.enabled) return 'disabled'
  if (!source.lastDataAt) return 'new'
  return now.getTime() - Date.parse(source.lastDataAt) < SILENT_AFTER ? 'live' : 'silent'
}

/** Whether a source takes data. */
export function EnabledBadge({ source }: { source: Source }) {
  return source.enabled ? (
    <Badge tone="ok" glyph="●">
      Enabled
    </Badge>
  ) : (
    <Badge tone="warn" glyph="‖">
      Disabled
    </Badge>
  )
}

/** Said of a source that is not in the catalog yet. */
export function PrivateBadge() {
  return <Badge glyph="○">private</Badge>
}

/** What a value that must not be read over a shoulder looks like. */
export const masked = (secret: string) => `${secret.slice(0, 6)}••••••••${secret.slice(-4)}`
