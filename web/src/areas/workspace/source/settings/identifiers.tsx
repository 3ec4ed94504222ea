import { useQuery } from '@tanstack/react-query'
import { workspaceQuery } from '../../../../api/queries'
import { Copy, Id } from '../../../../kit/copy'
import { Muted, Panel, Section } from '../../../../kit/page'
import { endpoint } from '../../data'
import type { Source } from '../source'
import css from '../source.module.css'

/** The ids of a source, and where it sends. */
export function Identifiers({ ws, source }: { ws: string; source: Source }) {
  const workspace = useQuery(workspaceQuery(ws)).data?.workspace
  return (
    <Section title="Identifiers" sub="What a product asks for when it sends to this source.">
      <Panel>
        <dl className={css.idRow}>
          <div>
            <dt>Workspace ID</dt>
            <dd>
              <Id value={source.workspaceId} what="workspace ID" whole />
              {workspace && <Muted>{workspace.name}</Muted>}
            </dd>
          </div>
          <div>
            <dt>Source ID</dt>
            <dd>
              <Id value={source.id} what="source ID" whole />
              <Muted>
                <code>projectId</code> in messages
              </Muted>
            </dd>
          </div>
          <div>
            <dt>Endpoint</dt>
            <dd>
              <code>{endpoint()}</code>
              <Copy text={endpoint()} what="endpoint" />
            </dd>
          </div>
        </dl>
      </Panel>
    </Section>
  )
}
