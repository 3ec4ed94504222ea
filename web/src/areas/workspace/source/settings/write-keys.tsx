import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, inWorkspace, read } from '../../../../api/client'
import { Button } from '../../../../kit/button'
import { Confirm } from '../../../../kit/dialog'
import { Loaded } from '../../../../kit/loaded'
import { Muted, Note, Section } from '../../../../kit/page'
import { toastRefusal } from '../../../../kit/refusal'
import { Table } from '../../../../kit/table'
import { Time } from '../../../../kit/time'
import { toast } from '../../../../kit/toast'
import { SOURCE_ADMINS_ONLY } from '../../data'
import { SecretKey } from '../listening'
import { mayAdminister, type Source } from '../source'
import css from '../source.module.css'

/** Its write keys: shown, made and revoked. */
export function WriteKeys({ ws, source }: { ws: string; source: Source }) {
  const client = useQueryClient()
  const may = mayAdminister(source)
  const [busy, setBusy] = useState(false)
  const [revoked, setRevoked] = useState<{ writeKey: string; lastUsedAt?: string | null } | null>(null)
  const path = { sourceId: source.slug }
  const keys = useQuery({
    queryKey: ['w', ws, 'sources', source.slug, 'keys'],
    enabled: may,
    refetchInterval: 15_000,
    queryFn: async () =>
      (await read(api.GET('/sources/{sourceId}/writekey', { params: { path, header: inWorkspace(ws) } })))
        .writeKeys,
  })
  const refresh = () => client.invalidateQueries({ queryKey: ['w', ws, 'sources'] })
  const generate = async () => {
    setBusy(true)
    try {
      await read(api.POST('/sources/{sourceId}/writekey', { params: { path, header: inWorkspace(ws) } }))
      await refresh()
      toast('A new write key is there; it works within a second')
    } catch (error) {
      toastRefusal(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Section
      title="API Keys"
      sub="A write key lets whoever has it send to this source, and nothing else. Several work side by side, so that one can be replaced without a pause."
      actions={
        <Button
          look="primary"
          busy={busy}
          disabled={!may}
          title={may ? undefined : SOURCE_ADMINS_ONLY}
          onClick={() => void generate()}
        >
          Generate New Key
        </Button>
      }
    >
      {!may ? (
        <Note>Write keys are only shown to a Source Admin of this source, or an owner of the workspace.</Note>
      ) : (
        <Loaded query={keys} rows={1}>
          {(writeKeys) => (
            <>
              <Table
                label="Write keys"
                rows={writeKeys}
                id={({ writeKey }) => writeKey}
                columns={[
                  {
                    head: 'write key',
                    cell: ({ writeKey }) => (
                      <span className={css.keyRow}>
                        <SecretKey value={writeKey} />
                      </span>
                    ),
                  },
                  { head: 'made', cell: ({ createdAt }) => <Time at={createdAt} /> },
                  { head: 'last used', cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
                  {
                    head: '',
                    number: true,
                    cell: (key) => (
                      <Button
                        small
                        look="danger"
                        disabled={writeKeys.length === 1}
                        title={
                          writeKeys.length === 1
                            ? 'The last key cannot be revoked. Generate another one first, or disable the source.'
                            : undefined
                        }
                        onClick={() => setRevoked(key)}
                      >
                        Revoke
                      </Button>
                    ),
                  },
                ]}
              />
              {writeKeys.length === 1 && (
                <Muted>
                  The last key cannot be revoked: generate another one first, or disable the source.
                </Muted>
              )}
            </>
          )}
        </Loaded>
      )}
      <Confirm
        title="Revoke this write key?"
        open={revoked !== null}
        onClose={() => setRevoked(null)}
        action="Revoke"
        typed={revoked?.writeKey.slice(0, 6)}
        run={async () => {
          await read(
            api.DELETE('/sources/{sourceId}/writekey/{writeKey}', {
              params: { path: { ...path, writeKey: revoked!.writeKey }, header: inWorkspace(ws) },
            }),
          )
          await refresh()
          toast('The write key is revoked')
        }}
      >
        <p>
          Whatever still sends with it is answered with success, and its messages go nowhere. Nothing brings
          the key back.
        </p>
        <p>
          Last used: <Time at={revoked?.lastUsedAt} />
        </p>
      </Confirm>
    </Section>
  )
}
