# On the minion that tells of a drop, have all as salt://vpn.sls says.
redial:
  local.state.apply:
    - tgt: {{ data['id'] | json }}
    - tgt_type: list
    - args:
      - mods: vpn
      - queue: True
