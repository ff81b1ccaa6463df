using LabelShift;

return await LabelShiftCommand.Create().Parse(args).InvokeWithExitCodesAsync();
