import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { ApiFailure, type Fault } from '../../../api/client'
import { Badge } from '../../../kit/badge'
import { Button } from '../../../kit/button'
import { Dialog } from '../../../kit/dialog'
import { Actions, Summary } from '../../../kit/fields'
import { plural } from '../../../kit/figures'
import { failureFaults } from '../../../kit/form'
import { Muted, Note } from '../../../kit/page'
import { Table } from '../../../kit/table'
import { toast } from '../../../kit/toast'
import { brief, type Change, inWords, ruleInWords, worstFirst } from './changes'
import { type Changed, rulesQuery } from './data'

/** A change of a plan's rules that is looked at before it is made. */
export interface Draft {
  title: string
  /** The verb on the button. */
  action: string
  send: (sending: { dryRun: boolean; etag: string }) => Promise<Changed>
  /** Said when it is done. */
  done: string
  after?: () => void
}

/**
 * Looks at what a change of rules comes to, names what it breaks, and makes it once it is confirmed. `review` is refused
 * as the API refuses the change itself, so that its faults stand where they belong.
 */
export function useChange(
  ws: string,
  plan: string,
): { review: (draft: Draft) => Promise<void>; dialog: ReactNode } {
  const client = useQueryClient()
  const [looked, setLooked] = useState<{ draft: Draft; etag: string; changed: Changed } | null>(null)
  const [faults, setFaults] = useState<Fault[]>([])
  const [stale, setStale] = useState(false)
  const [busy, setBusy] = useState(false)
  const look = async (draft: Draft) => {
    const { etag } = await client.fetchQuery({ ...rulesQuery(ws, plan), staleTime: 0 })
    const changed = await draft.send({ dryRun: true, etag })
    setFaults([])
    setStale(false)
    if (changed.changes.length === 0) toast('Nothing would change')
    else setLooked({ draft, etag, changed })
  }
  const close = () => setLooked(null)
  const apply = async () => {
    if (!looked || busy) return
    setBusy(true)
    try {
      await looked.draft.send({ dryRun: false, etag: looked.etag })
      await client.invalidateQueries({ queryKey: ['w', ws, 'plans'] })
      close()
      toast(looked.draft.done)
      looked.draft.after?.()
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 412) setStale(true)
      else setFaults(failureFaults(error))
    } finally {
      setBusy(false)
    }
  }
  const breaking = looked?.changed.breaking ?? 0
  const dialog = (
    <Dialog title={looked?.draft.title ?? ''} open={looked !== null} onClose={close} wide>
      {looked && (
        <>
          {breaking > 0 ? (
            <Note tone="warn">
              <span>
                <strong>{plural(breaking, 'change breaks', 'changes break')} what conforms today.</strong>{' '}
                Messages that were fine may be at fault from now on, or lose something. What becomes of them
                is in each source’s schema configuration.
              </span>
            </Note>
          ) : (
            <Muted>Nothing that conforms today breaks.</Muted>
          )}
          <ChangeTable changes={looked.changed.changes} />
          <Summary faults={faults} />
          {stale && (
            <Note tone="warn">
              <span role="alert">
                Somebody else changed the plan meanwhile. Nothing was saved, and your change is still here.
              </span>
              <Actions>
                <Button
                  small
                  onClick={() => void look(looked.draft).catch((error) => setFaults(failureFaults(error)))}
                >
                  Compare with theirs
                </Button>
              </Actions>
            </Note>
          )}
          <Actions>
            <Button
              look={breaking > 0 ? 'danger' : 'primary'}
              busy={busy}
              disabled={stale}
              onClick={() => void apply()}
            >
              {looked.draft.action}
            </Button>
            <Button onClick={close}>Cancel</Button>
          </Actions>
        </>
      )}
    </Dialog>
  )
  return { review: look, dialog }
}

/** Differences between two versions, those that break something first. */
export function ChangeTable({ changes }: { changes: Change[] }) {
  const rows = worstFirst(changes).map((change, at) => ({ ...change, at }))
  return (
    <Table
      label="Changes"
      rows={rows}
      id={({ at }) => String(at)}
      columns={[
        { head: 'rule', cell: ({ rule }) => ruleInWords(rule) },
        { head: 'where', cell: ({ field }) => (field === '(root)' ? '' : <code>{field}</code>) },
        { head: 'change', cell: inWords },
        { head: 'before', cell: ({ before }) => <Muted>{brief(before)}</Muted> },
        { head: 'after', cell: ({ after }) => brief(after) },
        {
          head: 'effect',
          cell: ({ breaking }) =>
            breaking ? (
              <Badge tone="bad" glyph="!">
                breaking
              </Badge>
            ) : (
              <Muted>compatible</Muted>
            ),
        },
      ]}
    />
  )
}
