import { defineService } from '@mirage/kit/service.ts'
import { correlation } from '@mirage/services/correlation-engine/contract.ts'
import { visualization } from './contract.ts'
import { cytoscapeOf } from './cytoscape.ts'
import { graphmlOf } from './graphml.ts'
import { inChunks } from './chunk.ts'
import { settings } from './settings.ts'
import { graphView, labelOf } from './view.ts'

export const visualizationService = defineService({
  contract: visualization,
  settings,
  needs: { correlation },
  async start({ correlation }) {
    return {
      handlers: {
        getGraphView: (query, { workspace, signal }) => graphView(correlation, query, { workspace, signal }),
        async exportGraphView({ run, format }, { workspace, signal }) {
          const rows = await correlation.exportGraph({ run }, { workspace, signal })
          return format === 'graphml'
            ? { type: 'application/graphml+xml', name: `${run}.graphml`, body: inChunks(graphmlOf(rows, labelOf)) }
            : { type: 'application/json', name: `${run}.cyjs`, body: inChunks(cytoscapeOf(rows, run, labelOf)) }
        },
      },
    }
  },
})
