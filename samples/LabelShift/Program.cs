using LabelShift;

return await LabelShiftCommand.InvokeAsync(args);
